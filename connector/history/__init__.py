"""How people came to be in segments, and since when: each day's recompute, and the past replayed."""
