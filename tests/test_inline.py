"""A call written out does what the call did: each program runs with and without it, and says the same."""

from __future__ import annotations

import ast
import re
from textwrap import dedent

import pytest

from lint_rmw.fixes.effects import Knowledge
from lint_rmw.fixes.inline import inlined
from lint_rmw.fixes.site import Refused
from lint_rmw.fixes.syntax import Code
from lint_rmw.source import Source

OPENERS = frozenset({"update"})
HEAD = """\
log = []


def update(store, mutator):
    log.append("open")
    return mutator(store)


def say(value):
    log.append(value)
    return value


class Box:
    def __init__(self, **names):
        self.__dict__.update(names)


"""


def written_out(text: str) -> str:
    """The program with the call of `helper` in `main` written out."""
    code = Code(Source.from_text(HEAD + dedent(text).lstrip("\n"), "program.py"))
    functions = [n for n in ast.walk(code.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    (helper,) = [f for f in functions if f.name == "helper"]
    (main,) = [f for f in functions if f.name == "main"]
    call = next(n for n in ast.walk(main) if isinstance(n, ast.Call) and _names_helper(n.func))
    made = inlined(code, Knowledge(code), call, helper, OPENERS)
    return code.text[: made.start] + made.text + code.text[made.end :]


def _names_helper(function: ast.expr) -> bool:
    return (isinstance(function, ast.Name) and function.id == "helper") or (
        isinstance(function, ast.Attribute) and function.attr == "helper"
    )


def outcome(text: str) -> object:
    """What a program says and what comes of it."""
    names: dict[str, object] = {}
    exec(compile(text, "program.py", "exec"), names)
    try:
        answer = names["main"]()  # type: ignore[operator]
    except Exception as error:
        answer = repr(error)
    return answer, names["log"]


SAME = {
    "it collects what comes": """
        def helper(a, *more, b=0, **rest):
            log.append(rest)
            return a, more, b, rest

        def main():
            rows = helper(say(1), say(2), 3, b=say(4), c=say(5), d=6)
            return rows
        """,
    "it collects nothing": """
        def helper(a, *more, **rest):
            rest.setdefault("b", a)
            return [*more, a], rest

        def main():
            rest = helper(say(1))
            return rest
        """,
    "one argument is collected, and hides a name": """
        def helper(*names, **a):
            return names, a["names"]

        def main():
            names = [2]
            rows = helper(names, names=names)
            return rows, names
        """,
    "a local of the caller has the same name": """
        def helper(a):
            found = a + 1
            return found

        def main():
            found = 10
            b = helper(found) + found
            return b, found
        """,
    "a parameter is bound again": """
        def helper(a):
            a = a + 1
            return a

        def main():
            a = 5
            b = helper(a)
            return a, b
        """,
    "a parameter is changed in place": """
        def helper(a):
            a.append(1)
            return len(a)

        def main():
            rows = []
            size = helper(rows)
            return rows, size
        """,
    "arguments are evaluated once and in order": """
        def helper(a, b, c):
            log.append((a, b, c, a, b))
            return c, b, a

        def main():
            answer = helper(say(1), c=say(2), b=say(3))
            return answer
        """,
    "an attribute is read before the one that changes it": """
        def helper(a, b):
            log.append(a)
            return a, b

        def main():
            box = Box(count=1)

            def bump():
                box.count += 1
                return box.count

            answer = helper(box.count, bump())
            return answer
        """,
    "an attribute is read before the helper changes it": """
        def helper(box, count):
            box.count = 7
            return count

        def main():
            box = Box(count=1)
            answer = helper(box, box.count)
            return answer
        """,
    "a default": """
        def helper(a, b=2, *, c="c"):
            return a, b, c

        def main():
            answer = helper(1, c="d")
            return answer
        """,
    "a name in a text": """
        def helper(a, b):
            return f"{a!r} and {b}"

        def main():
            x = "x"
            answer = helper("it's", x)
            return answer
        """,
    "a function keeps what it was given, and the caller binds the name anew": """
        def helper(a):
            def later():
                return a

            return later

        def main():
            x = 1
            later = helper(x)
            x = 2
            return later(), x
        """,
    "a lambda that takes the argument's name": """
        def helper(a):
            return [(lambda store: (store, a))(row) for row in (1, 2)]

        def main():
            store = "s"
            answer = helper(store)
            return answer
        """,
    "a comprehension that takes the argument's name": """
        def helper(a):
            return [a for row in (1, 2)]

        def main():
            row = "r"
            answer = helper(row)
            return answer, row
        """,
    "a mutator whose parameter is called as the argument": """
        def helper(store, value):
            def put(target):
                target["x"] = value

            update(store, put)

        def main():
            target = 5
            store = {}
            helper(store, target)
            return store
        """,
    "the caller has a function of that name": """
        def helper(store, value):
            def put(target):
                target["x"] = value

            update(store, put)

        def main():
            def put(value):
                return value

            store = {}
            helper(store, put(3))
            return store, put(4)
        """,
    "guards": """
        def helper(a):
            b = say(a)
            if b > 3:
                return "more"
            if b > 1:
                return "some"
            return "few"

        def main():
            x = 2
            answer = helper(x)
            return answer
        """,
    "a guard without an answer": """
        def helper(a):
            if a > 3:
                return say("more")

        def main():
            x = 2
            answer = helper(x)
            return answer
        """,
    "an answer at the end is the caller's": """
        def helper(a):
            for row in a:
                if row > 1:
                    return row
            log.append("none")

        def main():
            rows = [1, 2, 3]
            return helper(rows)
        """,
    "an end without an answer": """
        def helper(a):
            for row in a:
                if row > 1:
                    return
            log.append("none")

        def main():
            rows = [1]
            helper(rows)
        """,
    "nothing is answered": """
        def helper(a):
            log.append(a)

        def main():
            x = 1
            answer = helper(x)
            return answer
        """,
    "the answer in the middle": """
        def helper(a):
            b = a or 2
            return b if b > 1 else 0

        def main():
            x = None
            if helper(x) + 1 == 3:
                return "three"
            return "other"
        """,
    "an answer given a name in a test": """
        def helper(a):
            b = a or 2
            return b if b > 1 else None

        def main():
            x = None
            if (found := helper(x)) is None:
                return "none"
            return found
        """,
    "it fails half way": """
        def helper(a):
            b = say(a)
            return b["x"]

        def main():
            x = {}
            found = 0
            try:
                found = helper(x)
            except KeyError:
                return found
            return found
        """,
    "a method on what was made here": """
        class Kept:
            def __init__(self):
                self.rows = [1]

            def helper(self, row):
                rows = self.rows
                rows.append(row)
                return rows

        def main():
            kept = Kept()
            rows = [0]
            found = kept.helper(rows[0])
            return found, kept.rows, rows
        """,
    "a text of several lines": '''
        def helper(a):
            text = """
          x
        y"""
            return text + a

        def main():
            if True:
                x = "z"
                answer = helper(x)
            return answer
        ''',
    "in a loop": """
        def helper(a):
            rows = []
            rows.append(a)
            return rows

        def main():
            found = []
            for number in range(3):
                found.append(number)
                kept = helper(number)
                found.append(kept)
            return found
        """,
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_a_call_written_out_does_the_same(text: str) -> None:
    made = written_out(text)
    main = made[made.index("def main") :]
    assert "helper(" not in main
    assert outcome(made) == outcome(HEAD + dedent(text).lstrip("\n"))


REFUSED = {
    "a generator": (
        """
        def helper(a):
            yield a

        def main():
            rows = helper(1)
        """,
        "helper() is a generator",
    ),
    "decorated": (
        """
        @staticmethod
        def helper(a):
            return a

        def main():
            rows = helper(1)
        """,
        "helper() is decorated",
    ),
    "several returns": (
        """
        def helper(a):
            if a:
                return 1
            log.append(a)
            return 2

        def main():
            rows = helper(1)
        """,
        "helper() returns in more than one place",
    ),
    "a keyword it names behind one that it only collects": (
        """
        def helper(a, **rest):
            return a, rest

        def main():
            rows = helper(b=say(1), a=say(2))
        """,
        "the arguments of helper() come in another order",
    ),
    "more arguments than it takes": (
        """
        def helper(a, **rest):
            return a, rest

        def main():
            rows = helper(1, 2)
        """,
        "the arguments do not fit helper()",
    ),
    "spread arguments": (
        """
        def helper(a):
            return a

        def main():
            rows = helper(*[1])
        """,
        "the arguments of helper() are spread",
    ),
    "a default that is made once": (
        """
        def helper(a=[]):
            a.append(1)
            return a

        def main():
            rows = helper()
        """,
        "helper() has a default that is made only once",
    ),
    "a global of the helper is the caller's own": (
        """
        def helper(a):
            log.append(a)
            return a

        def main():
            log = []
            rows = helper(1)
        """,
        "log is another thing in main()",
    ),
    "names around it": (
        """
        def main():
            count = 0

            def helper(a):
                nonlocal count
                count += a

            helper(1)
            return count
        """,
        "helper() binds names around it",
    ),
    "its own frame": (
        """
        def helper(a):
            return locals()

        def main():
            rows = helper(1)
        """,
        "helper() looks at its own frame",
    ),
    "something comes first": (
        """
        def helper(a):
            log.append(a)
            return a

        def main():
            rows = say(1) + helper(1)
        """,
        "does other things before it calls helper()",
    ),
    "not in any case": (
        """
        def helper(a):
            log.append(a)
            return a

        def main():
            rows = log and helper(1)
        """,
        "does not call it once in any case",
    ),
    "a loop asks again": (
        """
        def helper(a):
            log.append(a)
            return len(log) < 3

        def main():
            while helper(1):
                pass
        """,
        "calls it where nothing can be put before",
    ),
    "an elif": (
        """
        def helper(a):
            log.append(a)
            return a

        def main():
            if log:
                return 1
            elif helper(1):
                return 2
        """,
        "calls it where nothing can be put before",
    ),
    "a function is kept in a loop": (
        """
        def helper(a):
            return lambda: a

        def main():
            rows = []
            for row in range(2):
                kept = helper(row)
                rows.append(kept)
            return rows
        """,
        "helper() keeps a function, and is called in a loop",
    ),
    "another statement on the line": (
        """
        def helper(a):
            log.append(a)

        def main():
            helper(1); helper(2)
        """,
        "holds more than one statement",
    ),
    "no one waits": (
        """
        async def helper(a):
            return a

        def main():
            task = helper(1)
        """,
        "does not wait for helper() at once",
    ),
    "an argument binds a name": (
        """
        def helper(a):
            return a

        def main():
            rows = helper((x := 1))
        """,
        "an argument binds a name",
    ),
    "a method another class has too": (
        """
        class Kept:
            def helper(self, a):
                return a

            def main(self):
                rows = self.helper(1)

        class More(Kept):
            def other(self):
                return 1

            helper = other
        """,
        "helper() is another method in a class made from Kept",
    ),
    "a private name": (
        """
        class Kept:
            def helper(self, a):
                return self.__rows

            def main(self):
                rows = self.helper(1)
        """,
        "helper() uses the private name __rows",
    ),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_call_that_cannot_be_written_out_says_why(text: str, reason: str) -> None:
    with pytest.raises(Refused, match=re.escape(reason)):
        written_out(text)
