"""Text made of handlers: many small files joined into one, and one handler written down many times."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from tests.generator import generate

_FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def fixture_handlers() -> list[str]:
    """The text of every fixture in which something is found."""
    return [path.read_text("utf-8") for path in sorted(_FIXTURES.glob("*/*/bad.py"))]


def generated_handlers(count: int) -> list[str]:
    """The text of the first `count` programs of the generator."""
    return [generate(seed).source for seed in range(count)]


def joined(texts: Iterable[str]) -> str:
    """One file with the imports of all in front; what each defines gets a number, so that none hides another."""
    imports: dict[str, None] = {}
    bodies = []
    for number, text in enumerate(texts):
        lines = text.splitlines()
        names = set()
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                imports[ast.unparse(statement)] = None
            elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(statement.name)
            elif isinstance(statement, ast.Assign):
                names.update(t.id for t in statement.targets if isinstance(t, ast.Name))
            if _is_dropped(statement):
                for line in range(statement.lineno - 1, statement.end_lineno or statement.lineno):
                    lines[line] = ""
        body = "\n".join(lines).strip("\n")
        if names:
            body = re.sub(rf"(?<!\.)\b({'|'.join(sorted(names))})\b(?!=)", rf"\1_{number}", body)
        bodies.append(body)
    return "\n\n\n".join(["\n".join(imports), *bodies]) + "\n"


def _is_dropped(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import | ast.ImportFrom) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


IMPORTS = "from fixtures.session_store import load_session_entry, update_session_store\n"

HANDLER = """

def rename_{number}(path, key, label):
    entry = load_session_entry(key).entry
    next_entry = {{**entry, "label": label}}

    def mutator(store):
        store[key] = next_entry

    update_session_store(path, mutator)
"""

_SHARED = """

def read(key):
    return load_session_entry(key).entry


def labelled(entry, label):
    return {**entry, "label": label}


def save(path, key, entry):
    update_session_store(path, lambda store: store.update({key: entry}))
"""

_SHARING = """

def rename_{number}(path, key, label):
    entry = read(key)
    save(path, key, labelled(entry, label))
"""

_METHOD = """
    def rename_{number}(self, key, label):
        self.entry = load_session_entry(key).entry
        next_entry = {{**self.entry, "label": label}}
        update_session_store(self.path, lambda store: store.update({{key: next_entry}}))
"""

_CLASS = """

class Sessions:
    def __init__(self, path):
        self.path = path
"""

FORMS = {
    "functions": (IMPORTS, HANDLER),
    "functions that share helpers": (IMPORTS + _SHARED, _SHARING),
    "methods of one class": (IMPORTS + _CLASS, _METHOD),
}


def repeated(form: str, count: int) -> str:
    """A file with `count` handlers of one of `FORMS`."""
    head, handler = FORMS[form]
    return head + "".join(handler.format(number=number) for number in range(count))
