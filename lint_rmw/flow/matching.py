"""What a `match` statement binds and which of its cases may run."""

from __future__ import annotations

import libcst as cst

from lint_rmw.flow import conditions, questions
from lint_rmw.flow.assignments import element_at
from lint_rmw.flow.provenance import const
from lint_rmw.flow.run import Run
from lint_rmw.flow.values import State, Test, Value


def match_cases(run: Run, node: cst.Match) -> None:
    subject = run.evaluate(node.subject)
    asked, known = questions.of_comparison(run, (subject,), node.subject), run.state.asked
    questions.ask(run, asked)
    before = run.state
    ends: list[State] = []
    for case in node.cases:
        run.state = before.fork()
        _capture(run, case.pattern, subject)
        proved = _proves(run, case.pattern, subject)
        run.state.guards = run.state.guards | proved.true
        if case.guard is not None:
            asked_too = run.test(case.guard)
            run.state.guards = run.state.guards | asked_too.true
        else:
            before.guards = before.guards | proved.false
        run.execute(case.body)
        ends.append(run.state)
    irrefutable = node.cases and isinstance(node.cases[-1].pattern, cst.MatchAs) and not node.cases[-1].guard
    if not (irrefutable and getattr(node.cases[-1].pattern, "pattern", None) is None):
        ends.append(before)
    run.state = run.join(ends)
    questions.behind(run, known, asked, *ends)


def _proves(run: Run, pattern: cst.CSTNode, subject: Value) -> Test:
    """What it means that a value matches a pattern, or does not."""
    if isinstance(pattern, cst.MatchSingleton):
        name = pattern.value.value
        if name == "None":
            return conditions.compare(run, subject, cst.Is(), Value(ident=const(None)))
        proved = subject.test or Test()
        return proved if name == "True" else proved.negate()
    if isinstance(pattern, cst.MatchValue):
        return conditions.compare(run, subject, cst.Equal(), run.evaluate(pattern.value))
    return Test()


def _capture(run: Run, pattern: cst.CSTNode, subject: Value) -> None:
    match pattern:
        case cst.MatchAs(pattern=inner, name=name):
            if name is not None:
                run.bind(name.value, subject)
            if inner is not None:
                _capture(run, inner, subject)
        case cst.MatchMapping(elements=elements, rest=rest):
            for entry in elements:
                key = run.evaluate(entry.key).ident
                _capture(run, entry.pattern, run.get(subject, key, entry))
            if rest is not None:
                run.bind(rest.value, run.copy(subject, pattern))
        case cst.MatchList(patterns=patterns) | cst.MatchTuple(patterns=patterns):
            for index, element in enumerate(patterns):
                if isinstance(element, cst.MatchSequenceElement):
                    _capture(run, element.value, element_at(run, subject, index, element))
                elif isinstance(element, cst.MatchStar) and element.name is not None:
                    run.bind(element.name.value, run.copy(subject, element))
        case cst.MatchClass(patterns=places, kwds=named):
            for place in places:
                _capture(run, place.value, subject)
            for keyword in named:
                _capture(run, keyword.pattern, run.get(subject, const(keyword.key.value), keyword))
        case cst.MatchOr(patterns=choices):
            before, ends = run.state, []
            for choice in choices:
                run.state = before.fork()
                _capture(run, choice.pattern, subject)
                ends.append(run.state)
            run.state = run.join(ends)
