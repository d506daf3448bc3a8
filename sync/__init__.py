"""What happens: pull, recompute, push, the schedule and the command line."""
