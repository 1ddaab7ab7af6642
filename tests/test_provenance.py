"""When two keys, or two stores, are the same one, may be, or are told apart."""

from __future__ import annotations

import pytest

from lint_rmw.flow.provenance import ANY, Ident, Sameness, const, relation

KEY: Ident = ("param", 1, "key")
OTHER: Ident = ("param", 1, "other")
ELSEWHERE: Ident = ("param", 2, "key")
FOREIGN: Ident = ("param", 2, "other")
MADE: Ident = ("call", "normalise", KEY)
FILE: Ident = ("call", "Divide", KEY, const("a"))
TURN: Ident = ("iter", 7, 1, "names")
LATER_TURN: Ident = ("iter", 8, 2, "names")
OTHER_TURN: Ident = ("iter", 9, 3, "others")

PAIRS: dict[str, tuple[Ident | None, Ident | None, Sameness]] = {
    "the same": (KEY, KEY, Sameness.SAME),
    "one that is not known": (None, KEY, Sameness.SAME),
    "any": (KEY, ANY, Sameness.SAME),
    "two parameters of one function": (KEY, OTHER, Sameness.DIFFERENT),
    "parameters of two functions, of one name": (KEY, ELSEWHERE, Sameness.SAME),
    "parameters of two functions, of two names": (KEY, FOREIGN, Sameness.MAYBE),
    "made of the other": (KEY, MADE, Sameness.MAYBE),
    "made of another": (OTHER, MADE, Sameness.DIFFERENT),
    "two literals": (const("a"), const("b"), Sameness.DIFFERENT),
    "a literal and what is made of it": (const("a"), ("call", "f", const("a")), Sameness.DIFFERENT),
    "a random one": (("minted", 4), ("call", "f", ("minted", 4)), Sameness.DIFFERENT),
    "what was read and what is made of it": (("data", "x"), ("call", "f", ("data", "x")), Sameness.DIFFERENT),
    "the name a loop is at and what is made of it": (TURN, ("call", "f", TURN), Sameness.DIFFERENT),
    "a text with it in": (KEY, ("format", "Add", KEY, const("x")), Sameness.DIFFERENT),
    "two loops over one collection": (TURN, LATER_TURN, Sameness.MAYBE),
    "loops over two collections": (TURN, OTHER_TURN, Sameness.DIFFERENT),
    "loops over what has no name": (("iter", 7, 1), ("iter", 8, 2), Sameness.DIFFERENT),
    "loops over what is not known": (("iter", 7, 1, None), ("iter", 8, 2, None), Sameness.DIFFERENT),
    "made from every entry": (("each", 1), const("a"), Sameness.MAYBE),
    "two attributes of one object": (("attr", KEY, "a"), ("attr", KEY, "b"), Sameness.DIFFERENT),
    "two items of one object": (("item", KEY, "a"), ("item", KEY, "b"), Sameness.DIFFERENT),
    "an attribute and an item of one object": (("attr", KEY, "a"), ("item", KEY, "a"), Sameness.MAYBE),
    "made of two, with one literal": (
        ("call", "f", KEY, const("x")),
        ("call", "f", OTHER, const("x")),
        Sameness.DIFFERENT,
    ),
    "attributes of two objects": (("attr", KEY, "a"), ("attr", MADE, "a"), Sameness.MAYBE),
    "two results made of one": (("call", "f", KEY), ("call", "g", KEY), Sameness.MAYBE),
    "results of one function": (("call", "f", KEY), ("call", "f", KEY, KEY), Sameness.MAYBE),
    "two files of one folder": (FILE, ("call", "Divide", KEY, const("b")), Sameness.DIFFERENT),
    "one file of two folders": (FILE, ("call", "Divide", OTHER, const("a")), Sameness.DIFFERENT),
    "a file of what is made of its folder": (FILE, ("call", "Divide", MADE, const("a")), Sameness.MAYBE),
    "a file and its folder": (FILE, KEY, Sameness.DIFFERENT),
    "a file and the folder around its folder": (("call", "join", FILE, const("c")), KEY, Sameness.DIFFERENT),
    "a file and another way to it": (FILE, ("call", "join", KEY, const("b")), Sameness.MAYBE),
    "a file, and one made of more parts": (FILE, ("call", "Divide", KEY, const("a"), KEY), Sameness.MAYBE),
    "a file and what another function makes of its name": (FILE, MADE, Sameness.DIFFERENT),
    "a file and what is made of it": (FILE, ("call", "normalise", FILE), Sameness.MAYBE),
    "one of two, which it may be": (("either", KEY, OTHER), MADE, Sameness.MAYBE),
    "one of two, which it is not": (("either", const("a"), const("b")), const("c"), Sameness.DIFFERENT),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_relation_of_two_is_told_both_ways(name: str) -> None:
    one, other, expected = PAIRS[name]
    assert relation(one, other) is expected
    assert relation(other, one) is expected
