"""The command line: each command opens the workspace, calls one function, and prints.

Whatever is heavy is imported when its command runs, so that --help answers at once; its order is that of the imports.
"""

# isort: off
from sync.cli import running
from sync.cli import reading
from sync.cli import segments
from sync.cli import pushing
from sync.cli import people
from sync.cli.app import app
from sync.cli.start import main
# isort: on

__all__ = ["app", "main", "people", "pushing", "reading", "running", "segments"]
