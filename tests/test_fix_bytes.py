"""A fix changes the bytes of its edits and no others, whatever line ends, encoding and blanks a file has."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from textwrap import dedent

import pytest

from lint_rmw.finding import Edit
from lint_rmw.lint import apply_fixes, lint
from lint_rmw.source import Source
from tests.test_fixes import code

PLAIN = code(
    '''
    """Prose with an umlaut: Zürich, naïve, £5."""


    def handle(path, key, request):
        label = "Grüße 'x' \\\\N{BULLET}"  # façade
        entry = load_session_store(path)[key]
        made = {**entry, "label": label, "note": "é"}

        def mutator(store):
            store[key] = made

        update_session_store(path, mutator)


    def untouched(  x ):  # ünd so
        return  [ x,
                  x ]
    '''
)


HANDLERS = (
    PLAIN[PLAIN.index("def handle") : PLAIN.index("def untouched")].rstrip() + "\n",
    dedent(
        """
        def handle(path, key, request):  # façade
            entry = load_session_entry(key).entry  # may be cached
            if entry is None:
                return "nichts für ungut"
            # One more.
            count = entry["count"] + 1
            with locked_session_store(path) as store:
                store[key]["count"] = count  # written
            return "ja"
        """
    ).lstrip(),
    dedent(
        """
        class Sessions:
            def rename(self, path, key, request):
                entry = load_session_store(path)[key]
                made = {
                    **entry,
                    # as asked
                    "label": request.label or "é",
                }
                update_session_store(path, lambda store: store.update({key: made}))  # noqa: E501
        """
    ).lstrip(),
)
"""Handlers with a safe fix each, as they stand in a file."""


def mixed(text: str) -> str:
    pick = random.Random(5)
    return "".join(pick.choice((line, line[:-1] + "\r\n")) for line in text.splitlines(keepends=True))


def tabbed(text: str) -> str:
    return "\n".join("\t" * ((len(s) - len(s.lstrip(" "))) // 4) + s.lstrip(" ") for s in text.split("\n"))


VARIANTS: dict[str, Callable[[str], bytes]] = {
    "lf": lambda t: t.encode(),
    "crlf": lambda t: t.replace("\n", "\r\n").encode(),
    "mixed": lambda t: mixed(t).encode(),
    "bom": lambda t: b"\xef\xbb\xbf" + t.encode(),
    "bom and crlf": lambda t: b"\xef\xbb\xbf" + t.replace("\n", "\r\n").encode(),
    "latin-1": lambda t: ("# -*- coding: latin-1 -*-\n" + t).encode("latin-1"),
    "cp1252": lambda t: ("# vim: set fileencoding=cp1252 :\n" + t).encode("cp1252"),
    "form feed between": lambda t: t.replace("\n\ndef untouched", "\n\f\n\ndef untouched").encode(),
    "tabs": lambda t: tabbed(t).encode(),
    "two blanks": lambda t: t.replace("    ", "  ").encode(),
    "no final newline": lambda t: t.rstrip("\n").encode(),
    "trailing blanks": lambda t: t.replace("request):\n", "request):   \n").encode(),
    "line separator in a text": lambda t: t.replace("£5", "£5\u2028\x85").encode(),
}


def edits_of(source: Source) -> tuple[Edit, ...]:
    (finding,) = lint(source, propose_fixes=True)
    assert finding.fix is not None
    assert finding.fix.safety == "safe", finding.fix.reasons
    return finding.fix.edits


def spared(source: Source, edits: tuple[Edit, ...]) -> list[str]:
    """The stretches of the text between the edits."""
    places = [
        (source.offset(e.span.start), source.offset(e.span.end)) for e in sorted(edits, key=lambda e: e.span)
    ]
    starts = [0, *(end for _, end in places)]
    ends = [*(start for start, _ in places), len(source.text)]
    return [source.text[a:b] for a, b in zip(starts, ends, strict=True)]


@pytest.mark.parametrize("variant", VARIANTS)
def test_all_bytes_outside_the_edits_stay(variant: str) -> None:
    data = VARIANTS[variant](PLAIN)
    source = Source.from_bytes(data, "handler.py")
    edits = edits_of(source)
    fixed = source.encode(source.apply(edits))
    rest = fixed
    for stretch in spared(source, edits):
        raw = stretch.encode(source.encoding)
        assert raw in rest
        rest = rest[rest.index(raw) + len(raw) :]
    again = Source.from_bytes(fixed, "handler.py")
    assert (again.encoding, again.bom) == (source.encoding, source.bom)
    assert lint(again) == ()
    compile(fixed, "handler.py", "exec")


@pytest.mark.parametrize(("variant", "end"), [("crlf", "\r\n"), ("lf", "\n"), ("bom and crlf", "\r\n")])
def test_new_lines_end_as_the_others_do(variant: str, end: str) -> None:
    source = Source.from_bytes(VARIANTS[variant](PLAIN), "handler.py")
    text = apply_fixes(source).text
    assert f"        fresh_entry = store[key]{end}" in text
    assert text.replace(end, "").count("\n") + text.replace(end, "").count("\r") == 0


def test_new_lines_are_indented_as_the_file_is() -> None:
    tabs = apply_fixes(Source.from_bytes(VARIANTS["tabs"](PLAIN), "handler.py")).text
    assert "\n\t\tfresh_entry = store[key]\n\t\tmade = {**fresh_entry" in tabs
    two = apply_fixes(Source.from_bytes(VARIANTS["two blanks"](PLAIN), "handler.py")).text
    assert "\n    fresh_entry = store[key]\n    made = {**fresh_entry" in two


def test_the_second_run_changes_nothing() -> None:
    once = apply_fixes(Source.from_text(PLAIN, "handler.py")).text
    assert apply_fixes(Source.from_text(once, "handler.py")).text == once


@pytest.mark.parametrize("seed", range(40))
def test_a_handler_among_other_code_is_all_that_changes(seed: int) -> None:
    pick = random.Random(seed)
    blocks = [
        "VALUES = {  'ä': 1,\n  'b' : [1,2]}\n",
        'TEXT = """a\n    b \\\n\tc\n"""\n',
        "class Odd( object ) :\n    x=1;y = 2\n\n    def f( self,*a ) : return  self\n",
        "async def later():\n    async for x in y():\n        yield  x\n",
        "if True :\n    pass\nelse :\n    pass\n",
        "# a comment alone   \n\n\n\n",
        "@decorate( 'ö' )\ndef g(x,/,y,*,z=1): ...\n",
    ]
    before = "\n".join(pick.choices(blocks, k=pick.randrange(1, 5)))
    after = "\n".join(pick.choices(blocks, k=pick.randrange(1, 5)))
    head, handler = PLAIN.split("def handle", 1)
    text = f"{head}{before}\n\ndef handle{handler}\n{after}"
    data = VARIANTS[pick.choice(["lf", "crlf", "mixed", "bom"])](text)
    source = Source.from_bytes(data, "handler.py")
    fixed = Source.from_bytes(source.encode(apply_fixes(source).text), "handler.py")
    assert fixed.text != source.text
    low, high = source.text.index("def handle"), source.text.index("def untouched")
    assert fixed.text.startswith(source.text[:low])
    assert fixed.text.endswith(source.text[high:])


def test_ruff_format_finds_nothing_to_change_where_it_found_nothing_before() -> None:
    def formatted(text: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "ruff", "format", "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    text = formatted(PLAIN)
    fixed = apply_fixes(Source.from_text(text, "handler.py")).text
    assert fixed != text
    assert formatted(fixed) == fixed
