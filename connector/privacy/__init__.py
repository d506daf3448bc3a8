"""What people may ask of whoever keeps their data: to see it, to have it erased, to be profiled no more."""
