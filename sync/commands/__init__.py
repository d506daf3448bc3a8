"""What each command does: one module a command or a pair, each a function of plain arguments that prints."""
