"""Judging segments and the shop: what is worth working on, and how sure that is.

It is asked, and nothing is kept of it but what the dashboard shows of the whole shop, once a day (kept.py).
"""
