"""What the functions of modules that only compute make of what they are given, whatever they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rmw.flow.known import Arguments, given, pure
from lint_rmw.flow.values import Value

if TYPE_CHECKING:
    import libcst as cst

    from lint_rmw.flow.run import Run

# Modules all of whose functions give back a new value, and keep nothing of what they are given.
_COMPUTING = frozenset(
    "ast base64 binascii bisect calendar cmath codecs colorsys csv datetime decimal difflib fnmatch fractions hashlib hmac html ipaddress "
    "json keyword math numbers os.path posixpath quopri re shlex statistics string struct textwrap time unicodedata "
    "urllib.parse zlib zoneinfo".split()
)


def function(run: Run, module: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """The result of a function, or a class method, of such a module; None if it is of another."""
    while module and module not in _COMPUTING:
        module = module.rpartition(".")[0]
    return pure(run, given(run, arguments, node), node) if module and arguments else None
