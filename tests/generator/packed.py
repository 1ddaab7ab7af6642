"""Programs that pack values up: in tuples, boxes and parts of an entry, by way of helpers that write or return two things."""

from __future__ import annotations

from tests.generator.pen import Drawn, Pen
from tests.generator.text import MARK, block


def helper_writes(pen: Pen) -> Drawn:
    """A helper writes into the store it is handed; one of helpers calls another."""
    n = pen.names
    given = pen.one_of("stale", "stale", "fresh", "request")
    at = f"{n.store}[{n.key}]"
    value = {
        "stale": pen.whole(n.entry),
        "fresh": pen.whole(at),
        "request": f'{{**{at}, "label": {n.request}.label}}',
    }[given]
    module = block("def _put(store, key, value):", [f"store[key] = value{MARK}"])
    name = "_put"
    if pen.one_of("one", "two") == "two":
        module += [
            "",
            "",
            *block("def _put_logged(store, key, value):", ["print(key)", "_put(store, key, value)"]),
        ]
        name = "_put_logged"
    before = pen.stale() if given == "stale" else []
    body = [f"{name}({n.store}, {n.key}, {value})"]
    return [*module, "", "", *pen.handler([*before, *pen.section(body)])], {"given": given}


def two_returned(pen: Pen) -> Drawn:
    """A helper returns two things at once; one is made of the entry, the other is not."""
    n = pen.names
    taken = pen.one_of("first", "second")
    made = block(
        "def _prepared(source, given):", ["return {**source, 'label': given.label}, {'label': given.label}"]
    )
    at = f"{n.store}[{n.key}]"
    names = "made, asked"
    write = f"{at} = made{MARK}" if taken == "first" else f"{at} = {{**{at}, **asked}}{MARK}"
    form = pen.one_of("unpacked", "indexed", "starred")
    if form == "unpacked":
        unpack = [f"{names} = _prepared({n.entry}, {n.request})"]
    elif form == "indexed":
        unpack = [f"pair = _prepared({n.entry}, {n.request})", "made = pair[0]", "asked = pair[1]"]
    else:
        unpack = [f"made, *rest = _prepared({n.entry}, {n.request})", "asked = rest[0]"]
    lines = [*pen.stale(), *unpack, *pen.section([write])]
    return [*made, "", "", *pen.handler(lines)], {"taken": taken, "form": form}


def boxed(pen: Pen) -> Drawn:
    """A box holds what is to be written beside something stale that is not."""
    n = pen.names
    taken = pen.one_of("stale", "request")
    kind = pen.one_of("dict", "object", "list", "tuple")
    stale, asked = (
        f'{{"note": {n.request}.note, "model": {n.entry}.get("model")}}',
        f'{{"note": {n.request}.note}}',
    )
    place = {
        "dict": ([f"box = {{'stale': {stale}, 'request': {asked}}}"], f"box['{taken}']"),
        "object": (["box = _Box()", f"box.stale = {stale}", f"box.request = {asked}"], f"box.{taken}"),
        "list": (
            ["box = []", f"box.append({stale})", f"box.append({asked})"],
            f"box[{0 if taken == 'stale' else 1}]",
        ),
        "tuple": ([f"box = ({stale}, {asked})"], f"box[{0 if taken == 'stale' else 1}]"),
    }
    filled, value = place[kind]
    at = f"{n.store}[{n.key}]"
    write = pen.one_of(
        f"{at} = {{**{at}, **{value}}}{MARK}", f"{at}.update({value}){MARK}", f"{at} |= {value}{MARK}"
    )
    module = [*block("class _Box:", ["pass"]), "", ""] if kind == "object" else []
    return [*module, *pen.handler([*pen.stale(), *filled, *pen.section([write])])], {
        "taken": taken,
        "kind": kind,
    }


def part_of_an_entry(pen: Pen) -> Drawn:
    """A list inside the entry is changed: the stale one, or the fresh one."""
    n = pen.names
    source = pen.one_of("stale", "stale-copy", "fresh")
    at = f"{n.store}[{n.key}]"
    root = at if source == "fresh" else n.entry
    held = f'{root}["tags"]'
    copied = pen.one_of(f"list({held})", f"{held}[:]", f"{held}.copy()", f"copy.copy({held})", f"[*{held}]")
    tags = copied if source == "stale-copy" else held
    change = [
        f"tags = {tags}",
        pen.one_of(
            f"tags.append({n.request}.tag)", f"tags += [{n.request}.tag]", f"tags.insert(0, {n.request}.tag)"
        ),
    ]
    write = f'{at}["tags"] = tags{MARK}'
    if source == "fresh":
        return pen.handler(pen.section([*change, write])), {"source": source}
    return pen.handler([*pen.stale(), *change, *pen.section([write])]), {"source": source}


def mapping_laid_over(pen: Pen) -> Drawn:
    """A field that holds things by their names is laid over the fresh one, or filled in below it."""
    n = pen.names
    source = pen.one_of("stale", "stale-copy", "fresh", "request", "below")
    at = f'{n.store}[{n.key}]["meta"]'
    over = {
        "stale": f'{n.entry}["meta"]',
        "stale-copy": f'{{**{n.entry}["meta"], "mode": {n.request}.label}}',
        "fresh": f"dict({at})",
        "request": f'{{"theme": {n.request}.label}}',
        "below": f'{n.entry}["meta"]',
    }[source]
    write = pen.one_of(
        f"{at}.update({over})",
        f"{at} |= {over}",
        f"{at} = {at} | {over}",
        f"{at} = {{**{at}, **{over}}}",
        f'{n.store}[{n.key}].setdefault("meta", {{}}).update({over})',
        f"operator.ior({at}, {over})",
        f"{at} = dict({at}, **{over})",
    )
    if source == "below":
        write = pen.one_of(f"{at} = {over} | {at}", f"{at} = {{**{over}, **{at}}}")
    before = pen.stale() if source in ("stale", "stale-copy", "below") else []
    return pen.handler([*before, *pen.section([f"{write}{MARK}"])]), {"source": source}


def set_narrowed(pen: Pen) -> Drawn:
    """A set of fresh elements is joined with, narrowed to, or freed of those of a list."""
    n = pen.names
    source = pen.one_of("stale", "fresh", "request")
    how = pen.one_of("union", "intersection", "difference", "symmetric_difference")
    at = f'{n.store}[{n.key}]["tags"]'
    other = {"stale": f'{n.entry}["tags"]', "fresh": at, "request": f"[str({n.request}.tag)]"}[source]
    operator = {"union": "|", "intersection": "&", "difference": "-", "symmetric_difference": "^"}[how]
    change = "update" if how == "union" else f"{how}_update"
    body = pen.pick.choice(
        (
            [f"{at} = sorted(set({at}).{how}({other})){MARK}"],
            [f"{at} = sorted(set({at}) {operator} set({other})){MARK}"],
            [f"tags = set({at})", f"tags {operator}= set({other})", f"{at} = sorted(tags){MARK}"],
            [f"tags = set({at})", f"tags.{change}({other})", f"{at} = sorted(tags){MARK}"],
        )
    )
    before = pen.stale() if source == "stale" else []
    return pen.handler([*before, *pen.section(body)]), {"source": source, "how": how}


def put_elsewhere(pen: Pen) -> Drawn:
    """A stale entry is copied to another key, or moved there."""
    n = pen.names
    how = pen.one_of("copied", "moved", "moved-fresh")
    target = f'{n.store}["agent:main:archive"]'
    body = {
        "copied": [f"{target} = {n.entry}{MARK}"],
        "moved": [f"{target} = {n.entry}{MARK}", f"{n.store}.pop({n.key}, None)"],
        "moved-fresh": [f"{target} = {n.store}.pop({n.key}){MARK}"],
    }[how]
    before = [] if how == "moved-fresh" else pen.stale()
    return pen.handler([*before, *pen.section(body)]), {"how": how}


def attempted(pen: Pen) -> Drawn:
    """What is read depends on an exception; the section may recover from one too."""
    n = pen.names
    source = pen.one_of("stale", "fresh")
    at = f"{n.store}[{n.key}]"
    read = block("try:", [f"{n.entry} = load_session_store({n.path})[{n.key}]"])
    read += block("except KeyError:", [f"{n.entry} = {{}}"])
    chosen = n.entry if source == "stale" else at
    body = block("try:", [f"source = {chosen}"]) + block("except KeyError:", ["source = {}"])
    body += [f"{at} = {pen.whole('source')}{MARK}"]
    before = read if source == "stale" else [*read, f'print({n.entry}.get("label"))']
    return pen.handler([*before, *pen.section(body)]), {"source": source}
