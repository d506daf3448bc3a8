"""What people read: voices, the French for what went wrong, and how commands are used."""
