"""Programs in which the last step decides: a name rebound, a join, a test, a check of the version, a missing entry."""

from __future__ import annotations

from tests.generator.pen import Drawn, Pen
from tests.generator.text import MARK, block


def rebound(pen: Pen) -> Drawn:
    """A name is stale outside and is bound to fresh data before the write, on every path or only on some."""
    n = pen.names
    how = pen.one_of("always", "parameter", "some-paths", "preview", "loop")
    at = f"{n.store}[{n.key}]"
    write = f"{at} = {pen.whole(n.entry)}{MARK}"
    body = {
        "always": [f"{n.entry} = {at}", write],
        "parameter": [f"{n.entry} = {n.store}.get({n.key})", f"if {n.entry} is None:", "    return", write],
        "some-paths": [
            f"source = {n.entry}",
            f"if {n.request}.deliver:",
            f"    source = {at}",
            f'{at} = {{**source, "note": {n.request}.note}}{MARK}',
        ],
        "preview": [f"fresh = {at}", f"{at} = build(fresh){MARK}"],
        "loop": [f"for {n.entry} in ({at},):", f"    {write}"],
    }[how]
    before = pen.stale()
    if how == "preview":
        build = block("def build(source):", [f"return {pen.whole('source')}"])
        before += ["", *build, "", f"preview = build({n.entry})", 'print(preview["label"])']
    else:
        before += [f'print({n.entry}["label"])']
    return pen.handler([*before, *pen.section(body, "callback")]), {"how": how}


def only_addressed(pen: Pen) -> Drawn:
    """Stale data only says which entry is meant, is logged, or is answered."""
    n = pen.names
    use = pen.one_of("key", "log", "answer", "compare", "exception")
    at = f"{n.store}[{n.key}]"
    before, after = pen.stale(), []
    body = [f'{at}["label"] = {n.request}.label{MARK}']
    if use == "key":
        body = [f'{n.store}[{n.entry}["parent"]]["note"] = {n.request}.note{MARK}']
    if use == "log":
        body.insert(0, f'logger.info("was %s", {n.entry}["label"])')
    if use == "answer":
        after = [f'return {{"before": {n.entry}["label"]}}']
    if use == "compare":
        body.append(f'print({n.entry}["label"] == {at}["label"])')
    if use == "exception":
        refused = f"raise KeyError(f\"gone: {{{n.entry}['label']}}\")"
        body[:0] = block(f"if {n.key} not in {n.store}:", [refused])
    return pen.handler([*before, *pen.section(body, "callback"), *after]), {"use": use}


def joined(pen: Pen) -> Drawn:
    """Stale data is combined with fresh data so that the fresh cannot be lost, or so that it can."""
    n = pen.names
    how = pen.one_of(
        "max", "set", "setdefault", "fresh-wins", "stale-wins", "fill", "or-fresh", "or-stale", "base"
    )
    at = f"{n.store}[{n.key}]"
    e = n.entry
    body = {
        "max": [f'{at}["updated_at"] = max({at}["updated_at"], {e}["updated_at"]){MARK}'],
        "set": [f'{at}["tags"] = sorted(set({at}["tags"]) | set({e}["tags"])){MARK}'],
        "setdefault": [f'{at}.setdefault("model", {e}.get("model")){MARK}'],
        "fresh-wins": [f"{at} = {{**{e}, **{at}}}{MARK}"],
        "stale-wins": [f"{at} = {{**{at}, **{e}}}{MARK}"],
        "fill": [f'if not {at}.get("to"):', f'    {at}["to"] = {e}.get("to"){MARK}'],
        "or-fresh": [f'{at}["to"] = {at}.get("to") or {e}.get("to"){MARK}'],
        "or-stale": [f'{at}["to"] = {e}.get("to") or {at}.get("to"){MARK}'],
        "base": [f'if {at}["label"] == {e}["label"]:', f'    {at}["label"] = {e}["label"] + "!"{MARK}'],
    }[how]
    return pen.handler([*pen.stale(), *pen.section(body)]), {"how": how}


def inserted(pen: Pen) -> Drawn:
    """An entry is made if there is none; the test stands outside, inside, or in both places."""
    n = pen.names
    test = pen.one_of("outside", "inside", "both", "minted-key")
    new = f'{{"session_id": str(uuid.uuid4()), "label": {n.request}.label, "count": 0}}'
    outside = [f"if {n.key} in load_session_store({n.path}):", "    return None"]
    write = f"{n.store}[{n.key}] = {n.value}{MARK}"
    before = [f"{n.value} = {new}"]
    body = block(f"if {n.key} not in {n.store}:", [write]) if test in ("inside", "both") else [write]
    if test in ("outside", "both"):
        before = [*outside, *before]
    if test == "minted-key":
        before.append('minted = f"agent:main:{uuid.uuid4()}"')
        body = [f"{n.store}[minted] = {n.value}{MARK}"]
    return pen.handler([*before, *pen.section(body)]), {"test": test}


def deleted(pen: Pen) -> Drawn:
    """An entry is deleted on a condition, judged by the stale or by the fresh entry."""
    n = pen.names
    test = pen.one_of("stale-outside", "stale-inside", "fresh", "none")
    at = f"{n.store}[{n.key}]"
    gone = pen.one_of(f"{n.store}.pop({n.key}, None){MARK}", f"del {at}{MARK}")
    before: list[str] = pen.stale() if test.startswith("stale") else []
    body = [gone]
    if test == "stale-outside":
        before += [f'if {n.entry}["count"] > {n.request}.limit:', "    return None"]
    if test == "stale-inside":
        body = block(f'if {n.entry}["count"] <= {n.request}.limit:', [gone])
    if test == "fresh":
        body = block(f'if {n.key} in {n.store} and {at}["count"] <= {n.request}.limit:', [gone])
    return pen.handler([*before, *pen.section(body)]), {"test": test}


def given_entry(pen: Pen) -> Drawn:
    """The caller hands in an entry it read."""
    n = pen.names
    name = pen.one_of("session_entry", "entry", "cached_entry")
    use = pen.one_of("whole", "field", "identity", "patch")
    at = f"{n.store}[{n.key}]"
    body = {
        "whole": [f"{at} = {pen.whole(name)}{MARK}"],
        "field": [f'{at}["count"] = {name}["count"] + {n.request}.amount{MARK}'],
        "patch": [f'{at}.update({{"model": {name}.get("model"), "note": {n.request}.note}}){MARK}'],
        "identity": [
            f'if {at}["session_id"] == {name}["session_id"]:',
            f'    {at}["note"] = {n.request}.note{MARK}',
        ],
    }[use]
    absent = [f"if {name} is None:", "    return None"]
    return pen.handler([*absent, *pen.section(body)], name), {"name": name, "use": use}


def told_apart(pen: Pen) -> Drawn:
    """One object holds stale and requested fields; only one of them is written."""
    n = pen.names
    taken = pen.one_of("label", "count")
    made = f'draft = {{"label": {n.request}.label, "count": {n.entry}["count"] + 1}}'
    body = [f'{n.store}[{n.key}]["{taken}"] = {n.value}{MARK}']
    lines = [*pen.stale(), made, f'{n.value} = draft["{taken}"]', *pen.section(body)]
    return pen.handler(lines), {"taken": taken}


def retried(pen: Pen) -> Drawn:
    """The entry is read anew for each attempt, and written only if its version has not moved."""
    n = pen.names
    checked = pen.one_of("version", "version", "nothing")
    at = f"{n.store}[{n.key}]"
    write = [
        f'{at} = {{**{pen.names.entry}, "label": {n.request}.label, "version": {n.entry}["version"] + 1}}{MARK}'
    ]
    if checked == "version":
        write = block(f'if {at}["version"] != {n.entry}["version"]:', ["return False"]) + write
    mutator = block(f"def {n.mutator}({n.store}):", [*write, "return True"])
    attempt = [
        *pen.stale(),
        "",
        *mutator,
        "",
        f"if update_session_store({n.path}, {n.mutator}):",
        "    return True",
    ]
    return pen.handler([*block("for _attempt in range(3):", attempt), "return False"]), {"checked": checked}


def brought_back(pen: Pen) -> Drawn:
    """The fresh entry is missing and something takes its place: the stale one, or nothing but the request."""
    n = pen.names
    instead = pen.one_of("stale", "empty", "nothing")
    at = f"{n.store}.get({n.key})"
    label = f'"label": {n.request}.label'
    body = {
        "stale": [f"source = {at} or {n.entry}", f"{n.store}[{n.key}] = {{**source, {label}}}{MARK}"],
        "empty": [f"source = {at} or {{}}", f"{n.store}[{n.key}] = {{**source, {label}}}{MARK}"],
        "nothing": [
            f"source = {at}",
            "if source is not None:",
            f'    source["label"] = {n.request}.label{MARK}',
        ],
    }[instead]
    before = pen.stale() if instead == "stale" else []
    return pen.handler([*before, *pen.section(body)]), {"instead": instead}
