"""What is asked of what we know: people, segments, rules, and why."""
