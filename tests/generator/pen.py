"""What the scenarios are written with: the names and choices of one program, and the pieces most of them share."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TypeAlias

from tests.generator.text import Names, block

Drawn: TypeAlias = tuple[list[str], dict[str, str]]
"""The lines of a file's body, and the choices made on the way."""


@dataclass(frozen=True)
class Pen:
    """The names and the further choices of one program."""

    names: Names
    pick: random.Random

    def one_of(self, *choices: str) -> str:
        """Returns one of the choices."""
        return self.pick.choice(choices)

    def stale(self) -> list[str]:
        """Returns statements that read the entry outside any section."""
        n = self.names
        read = self.one_of(
            f"load_session_entry({n.key}).entry",
            f"load_session_store({n.path}).get({n.key})",
            f"load_session_entry({n.key})[2]",
        )
        return [f"{n.entry} = {read}", f"if {n.entry} is None:", "    return None"]

    def handler(self, body: list[str], extra: str = "") -> list[str]:
        """Returns the handler with that body."""
        n = self.names
        parameters = ", ".join(filter(None, (n.path, n.key, n.request, extra)))
        return block(f"def handle({parameters}):", body)

    def section(self, body: list[str], how: str | None = None) -> list[str]:
        """Returns statements that run `body` on the fresh store, its last line the write."""
        n = self.names
        match how or self.one_of("callback", "callback", "with", "decorator"):
            case "with":
                return block(f"with locked_session_store({n.path}) as {n.store}:", body)
            case "decorator":
                define = block(f"def {n.mutator}({n.store}):", body)
                return ["", f"@session_mutator({n.path})", *define, "", f"{n.mutator}()"]
        define = block(f"def {n.mutator}({n.store}):", body)
        return ["", *define, "", f"update_session_store({n.path}, {n.mutator})"]

    def whole(self, source: str) -> str:
        """Returns an expression for a whole entry made from `source`."""
        r = self.names.request
        return self.one_of(
            f'{{**{source}, "label": {r}.label}}',
            f"dict({source}, note={r}.note)",
            f'{source} | {{"label": {r}.label}}',
        )
