"""How often a loop goes round decides whether what it stores could be met again."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from lint_rmw.fixes.rounds import entered, once


def loop(text: str) -> ast.stmt:
    return ast.parse(dedent(text)).body[0]


@pytest.mark.parametrize(
    "text",
    [
        "for _ in (None,):\n    work()",
        "for _ in range(1):\n    work()",
        "while True:\n    work()\n    break",
        "for item in items:\n    for part in item:\n        continue\n    raise Done",
        "async def f():\n    async for item in items:\n        return item",
    ],
)
def test_a_loop_that_goes_round_once(text: str) -> None:
    node = loop(text)
    assert once(node.body[0] if isinstance(node, ast.AsyncFunctionDef) else node)


@pytest.mark.parametrize(
    "text",
    [
        "for _ in (*items,):\n    work()",
        "for _ in range(2):\n    work()",
        "while True:\n    if work():\n        continue\n    break",
        "for item in items:\n    if item:\n        break",
        "for item in items:\n    for part in item:\n        pass\n    else:\n        continue\n    break",
        "if True:\n    pass",
    ],
)
def test_a_loop_that_may_go_round_again(text: str) -> None:
    assert not once(loop(text))


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("while True:\n    pass", True),
        ("while items:\n    pass", False),
        ("for _ in range(3):\n    pass", True),
        ("for _ in range(0):\n    pass", False),
        ("for _ in (1, 2):\n    pass", True),
        ("for _ in ():\n    pass", False),
        ("for _ in items:\n    pass", False),
    ],
)
def test_a_loop_that_is_entered(text: str, certain: bool) -> None:
    assert entered(loop(text)) is certain
