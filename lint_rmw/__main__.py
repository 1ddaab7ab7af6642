"""Runs the command line as `python -m lint_rmw`."""

from lint_rmw.cli import main

if __name__ == "__main__":
    main()
