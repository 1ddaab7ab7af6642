"""Where the command line starts, as `lint-rmw` or as `python -m lint_rmw`; it can be interrupted from here on."""

import signal
import sys


def main() -> None:
    """Runs the command line; an interrupt while it is still being imported ends it like any other."""
    try:
        from lint_rmw.cli import main as run
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
