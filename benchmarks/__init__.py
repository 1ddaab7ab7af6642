"""What the linter costs and how it stands up to real code, as commands: `python -m benchmarks.NAME`."""
