"""Measurements, run by hand: `python -m tests.benchmarks --orders 100000`. They print ratios."""
