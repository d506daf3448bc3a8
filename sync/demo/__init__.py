"""Stateful fakes of the platforms on 127.0.0.1, and the demo shop that they serve."""
