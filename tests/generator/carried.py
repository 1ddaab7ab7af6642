"""Programs in which a value is carried along: out of an earlier section, in an object, through a wrapper, in a loop."""

from __future__ import annotations

from tests.generator.pen import Drawn, Pen
from tests.generator.text import MARK, block


def leaked(pen: Pen) -> Drawn:
    """A value handed out by an earlier section is written in a later one, unless it is read anew there."""
    n = pen.names
    way = pen.one_of("result", "nonlocal", "container", "with", "attribute")
    again = pen.one_of("stale", "stale", "reread", "identity")
    at = f"{n.store}[{n.key}]"
    take = f"dict({at})" if way != "attribute" else at
    first = {
        "result": [
            "",
            *block(f"def take({n.store}):", [f"return {take}"]),
            "",
            f"seen = update_session_store({n.path}, take)",
        ],
        "nonlocal": [
            "seen = None",
            "",
            *block(f"def take({n.store}):", ["nonlocal seen", f"seen = {take}"]),
            "",
            f"update_session_store({n.path}, take)",
        ],
        "container": [
            "box = {}",
            "",
            *block(f"def take({n.store}):", [f'box["seen"] = {take}']),
            "",
            f"update_session_store({n.path}, take)",
            'seen = box["seen"]',
        ],
        "with": [*block(f"with locked_session_store({n.path}) as {n.store}:", [f"seen = {take}"])],
        "attribute": [
            "holder = _Holder()",
            "",
            *block(f"def take({n.store}):", [f"holder.seen = dict({take})"]),
            "",
            f"update_session_store({n.path}, take)",
            "seen = holder.seen",
        ],
    }[way]
    second = {
        "stale": [f"{at} = {pen.whole('seen')}{MARK}"],
        "reread": [f"seen = {at}", f"{at} = {pen.whole('seen')}{MARK}"],
        "identity": [
            f'if {at}["session_id"] == seen["session_id"]:',
            f'    {at}["label"] = {n.request}.label{MARK}',
        ],
    }[again]
    lines = [*first, *pen.section(second)]
    holder = [*block("class _Holder:", ["seen = None"]), "", ""] if way == "attribute" else []
    return [*holder, *pen.handler(lines)], {"way": way, "again": again}


def counted_twice(pen: Pen) -> Drawn:
    """A count handed out by one section is raised and stored by the next."""
    n = pen.names
    again = pen.one_of("stale", "fresh")
    at = f"{n.store}[{n.key}]"
    first = [
        "",
        *block(f"def take({n.store}):", [f'return {at}["count"]']),
        "",
        f"count = update_session_store({n.path}, take)",
    ]
    base = "count" if again == "stale" else f'{at}["count"]'
    second = [f'{at}["count"] = {base} + {n.request}.amount{MARK}']
    return pen.handler([*first, *pen.section(second)]), {"again": again}


def one_of_several(pen: Pen) -> Drawn:
    """Which mutator runs is decided before the section; one of them writes stale data, or none."""
    n = pen.names
    bad = pen.one_of("stale", "fresh")
    at = f"{n.store}[{n.key}]"
    source = n.entry if bad == "stale" else at
    keep = block(f"def keep({n.store}):", [f'{at}["note"] = {n.request}.note'])
    put = block(f"def put({n.store}):", [f"{at} = {pen.whole(source)}{MARK}"])
    chosen = pen.one_of(
        f"put if {n.request}.deliver else keep", f"{{True: put, False: keep}}[{n.request}.deliver]"
    )
    lines = [
        *pen.stale(),
        "",
        *keep,
        "",
        *put,
        "",
        f"chosen = {chosen}",
        f"update_session_store({n.path}, chosen)",
    ]
    return pen.handler(lines), {"root": bad}


def persisted(pen: Pen) -> Drawn:
    """A wrapper writes the entry it is handed; what matters is what it is handed."""
    n = pen.names
    depth = pen.one_of("one", "two")
    given = pen.one_of("stale", "stale", "request-patch", "fresh")
    if given in ("stale", "fresh"):
        write = f"store[key] = value{MARK}"
    else:
        write = f"store[key] = {{**store[key], **value}}{MARK}"
    if given == "fresh":
        body = ["update_session_store(path, lambda store: store.update({key: change(store[key])}))" + MARK]
        module = block("def _persist(path, key, change):", body)
        value = f"lambda source: {pen.whole('source')}"
    else:
        inner = block("def put(store):", [write])
        module = block("def _persist(path, key, value):", [*inner, "", "update_session_store(path, put)"])
        value = pen.whole(n.entry) if given == "stale" else f'{{"label": {n.request}.label}}'
    name = "_persist"
    if depth == "two":
        module += ["", "", *block("def _save(path, key, value):", ["_persist(path, key, value)"])]
        name = "_save"
    lines = [*pen.stale(), f"{n.value} = {value}", f"{name}({n.path}, {n.key}, {n.value})"]
    return [*module, "", "", *pen.handler(lines)], {"given": given, "depth": depth}


def looped(pen: Pen) -> Drawn:
    """Every entry of a snapshot is visited, and the item of the snapshot, or only its name, is used in the section."""
    n = pen.names
    used = pen.one_of("item", "item", "name", "fresh-item")
    how = pen.one_of("many", "one")
    write = {
        "item": f'{n.store}[name] = {{**item, "note": {n.request}.note}}{MARK}',
        "name": f'{n.store}[name]["note"] = {n.request}.note{MARK}',
        "fresh-item": f'{n.store}[name] = {{**{n.store}[name], "note": {n.request}.note}}{MARK}',
    }[used]
    test = block(f"if name in {n.store} and name == {n.key}:", [write])
    if how == "many":
        lines = block(f"for name, item in load_session_store({n.path}).items():", pen.section(test, "with"))
    else:
        visit = block("for name, item in snapshot.items():", test)
        lines = [f"snapshot = load_session_store({n.path})", *pen.section(visit)]
    return pen.handler(lines), {"used": used, "how": how}


def replaced(pen: Pen) -> Drawn:
    """The whole store is written back: a snapshot changed outside, or the fresh one rebuilt."""
    n = pen.names
    source = pen.one_of("snapshot", "snapshot", "fresh")
    changed = f"everything[{n.key}] = {pen.whole(f'everything[{n.key}]')}"
    if source == "snapshot":
        lines = [f"everything = load_session_store({n.path})", changed]
        body = [f"{n.store}.clear()", f"{n.store}.update(everything){MARK}"]
    else:
        lines = []
        body = [
            f"everything = dict({n.store})",
            changed,
            f"{n.store}.clear()",
            f"{n.store}.update(everything){MARK}",
        ]
    return pen.handler([*lines, *pen.section(body)]), {"source": source}


def module_cache(pen: Pen) -> Drawn:
    """A module keeps what it once read."""
    n = pen.names
    used = pen.one_of("entry", "entry", "key")
    refresh = block("def _refresh(path):", ["_CACHE.update(load_session_store(path))"])
    at = f"{n.store}[{n.key}]"
    if used == "entry":
        write = f"{at} = {pen.whole(f'_CACHE[{n.key}]')}{MARK}"
    else:
        write = f'{at}["label"] = {n.request}.label{MARK}'
    lines = [f"_refresh({n.path})", f"if {n.key} not in _CACHE:", "    return None", *pen.section([write])]
    return ["_CACHE = {}", "", "", *refresh, "", "", *pen.handler(lines)], {"used": used}


def kept_in_self(pen: Pen) -> Drawn:
    """One method reads, another writes what the first left in `self`."""
    n = pen.names
    left = pen.one_of("entry", "built", "label", "key")
    prepare = {
        "entry": ["self.entry = load_session_entry(self.key).entry"],
        "built": ["entry = load_session_entry(self.key).entry", f"self.built = {pen.whole('entry')}"],
        "label": [f"self.label = {n.request}.label"],
        "key": ["self.found = load_session_entry(self.key).canonical_key"],
    }[left]
    write = {
        "entry": f"store[self.key] = {pen.whole('self.entry')}{MARK}",
        "built": f"store[self.key] = self.built{MARK}",
        "label": f'store[self.key]["label"] = self.label{MARK}',
        "key": f'store[self.found]["label"] = {n.request}.label{MARK}',
    }[left]
    commit_mutator = pen.one_of("method", "lambda", "def")
    if commit_mutator == "method":
        apply = block(f"def _apply(self, store, {n.request}):", [write])
        run = [f"update_session_store(self.path, lambda store: self._apply(store, {n.request}))"]
    elif commit_mutator == "lambda":
        apply = block(f"def _apply(self, store, {n.request}):", [write])
        run = [f"update_session_store(self.path, functools.partial(self._apply, {n.request}={n.request}))"]
    else:
        apply = []
        run = [*block("def put(store):", [write]), "", "update_session_store(self.path, put)"]
    methods = [
        *block("def __init__(self, path, key):", ["self.path = path", "self.key = key"]),
        "",
        *block(f"def prepare(self, {n.request}):", prepare),
        "",
        *([*apply, ""] if apply else []),
        *block(f"def commit(self, {n.request}):", run),
    ]
    lines = [
        f"change = _Change({n.path}, {n.key})",
        f"change.prepare({n.request})",
        f"change.commit({n.request})",
    ]
    return [*block("class _Change:", methods), "", "", *pen.handler(lines)], {
        "left": left,
        "mutator": commit_mutator,
    }
