"""A file with handlers: compiled once, its functions named `handle` or `handle_*` found, their parameters checked."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from types import CodeType

from tests import scenes
from tests.scenes import UnknownParameter


@dataclass(frozen=True)
class Handler:
    """One top-level function of a file that is to be called: its name and the parameters that must be given."""

    name: str
    parameters: tuple[str, ...]


_LOOP_WORDS = (
    "gather",
    "create_task",
    "ensure_future",
    "TaskGroup",
    "wait(",
    "wait_for",
    "to_thread",
    "Future",
    "timeout",
    "_loop",
)


class HandlerFile:
    """A compiled file; every run executes it anew, so that nothing is left over from the run before.

    Raises SyntaxError, UnknownParameter for a handler that cannot be called, and ValueError without any handler.
    """

    def __init__(self, source: str, name: str) -> None:
        tree = ast.parse(source, name)
        self.needs_loop = any(word in source for word in _LOOP_WORDS)
        self.code: CodeType = compile(tree, name, "exec")
        self.handlers = tuple(
            _handler(node)
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.name == "handle" or node.name.startswith("handle_"))
        )
        if not self.handlers:
            raise ValueError(f"{name}: no function named handle or handle_*")


def _handler(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Handler:
    positional = [*node.args.posonlyargs, *node.args.args]
    required = positional[: len(positional) - len(node.args.defaults)]
    required += [
        parameter
        for parameter, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is None
    ]
    for parameter in required:
        if not scenes.knows(parameter.arg):
            raise UnknownParameter(f"{node.name}: no argument for parameter {parameter.arg!r}")
    return Handler(node.name, tuple(parameter.arg for parameter in required))
