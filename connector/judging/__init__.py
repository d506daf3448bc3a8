"""Judging segments and the shop: what is worth working on, and how sure that is. Nothing here is kept; it is asked."""
