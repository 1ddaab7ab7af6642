"""What lines in the form of a `.gitignore` say of one path, as git reads them."""

from __future__ import annotations

from collections.abc import Sequence

import pathspec


def decision(spec: pathspec.GitIgnoreSpec, inside: str) -> bool | None:
    """What the last line that fits says of a path, given that the folder it is in is not left out; None: nothing.

    `GitIgnoreSpec` itself lets a rule for everything win over a later exception for a folder. What fits only a folder
    around the path says nothing here: that folder has been decided on before.
    """
    for pattern in reversed(spec.patterns):
        match = pattern.regex.search(inside) if pattern.regex is not None else None
        if match is not None and match.groupdict().get("ps_d") in (None, inside[match.end() - 1 :]):
            return pattern.include
    return None


def spec_of(lines: Sequence[str]) -> pathspec.GitIgnoreSpec:
    """The rules of one file; a line git would not understand says nothing."""
    try:
        return pathspec.GitIgnoreSpec.from_lines(lines)
    except ValueError:
        kept = []
        for line in lines:
            try:
                pathspec.GitIgnoreSpec.from_lines([line])
            except ValueError:
                continue
            kept.append(line)
        return pathspec.GitIgnoreSpec.from_lines(kept)
