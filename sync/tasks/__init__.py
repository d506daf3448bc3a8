"""What can be done with a workspace: the commands print it, the pages show it, the service does it by itself."""
