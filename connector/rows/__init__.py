"""Records become rows: what is new or newer is written, and each person it concerns is marked for review."""
