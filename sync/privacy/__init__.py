"""What becomes of people's rights: erasure here and at destinations, objections, requests, and a note of who looked."""
