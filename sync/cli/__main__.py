"""The command line, as `python -m sync.cli`."""

from sync.cli import main

if __name__ == "__main__":
    main()
