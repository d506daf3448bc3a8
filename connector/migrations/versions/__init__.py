"""The steps; the newest number is the revision that the product needs."""
