"""What we know: people, orders, the rule language, segments, memberships, and what a source and a destination are."""
