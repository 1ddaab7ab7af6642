"""Programs in which objects and channels stand between the read and the section: a service, a record, a queue."""

from __future__ import annotations

from tests.generator.pen import Drawn, Pen
from tests.generator.text import MARK, block


def served(pen: Pen) -> Drawn:
    """A service reads and writes through the repository that its constructor is given, named by an annotation."""
    n = pen.names
    use = pen.one_of("whole", "whole", "field", "request", "fresh")
    made = pen.one_of("direct", "factory", "mapping")
    r = n.request
    repository = [
        *block("def __init__(self, path):", ["self.path = path"]),
        "",
        *block("def entry(self, key):", ["return load_session_store(self.path).get(key)"]),
        "",
        *_changer(use),
    ]
    renamed = {
        "whole": f"self.sessions.put(key, {pen.whole('entry')})",
        "field": f'self.sessions.put_field(key, "count", entry["count"] + {r}.amount)',
        "request": f'self.sessions.put_field(key, "label", {r}.label)',
        "fresh": f"self.sessions.change(key, lambda fresh: {pen.whole('fresh')})",
    }[use]
    service = [
        *block("def __init__(self, sessions: _Sessions):", ["self.sessions = sessions"]),
        "",
        *block(
            f"def rename(self, key, {r}):",
            ["entry = self.sessions.entry(key)", "if entry is None:", "    return None", renamed],
        ),
    ]
    module = [*block("class _Sessions:", repository), "", "", *block("class _Service:", service), "", ""]
    if made == "factory":
        module += [*block("def _service(path):", ["return _Service(_Sessions(path))"]), "", ""]
    if made == "mapping":
        module += ['_KINDS = {"sessions": _Service}', "", ""]
    new = {
        "direct": f"_Service(_Sessions({n.path}))",
        "factory": f"_service({n.path})",
        "mapping": f'_KINDS["sessions"](_Sessions({n.path}))',
    }[made]
    lines = [f"service = {new}", f"service.rename({n.key}, {r})"]
    return [*module, *pen.handler(lines)], {"use": use, "made": made}


def _changer(use: str) -> list[str]:
    match use:
        case "whole":
            put = block("def put(store):", [f"store[key] = entry{MARK}"])
            return block("def put(self, key, entry):", [*put, "", "update_session_store(self.path, put)"])
        case "fresh":
            put = block("def put(store):", [f"store[key] = change(store[key]){MARK}"])
            return block("def change(self, key, change):", [*put, "", "update_session_store(self.path, put)"])
    body = block("with locked_session_store(self.path) as store:", [f"store[key][name] = value{MARK}"])
    return block("def put_field(self, key, name, value):", body)


def recorded(pen: Pen) -> Drawn:
    """A record holds the entry beside the key and the request; its method is the mutator, or the handler asks it."""
    n = pen.names
    kind = pen.one_of("dataclass", "frozen", "named-tuple")
    used = pen.one_of("entry", "entry", "label", "key")
    by = pen.one_of("method", "handler")
    head = {
        "dataclass": ["@dataclasses.dataclass", "class _Job:"],
        "frozen": ["@dataclasses.dataclass(frozen=True)", "class _Job:"],
        "named-tuple": ["class _Job(typing.NamedTuple):"],
    }[kind]
    owner = "self" if by == "method" else "job"
    write = {
        "entry": f"{n.store}[{owner}.key] = {pen.whole(f'{owner}.entry')}{MARK}".replace(
            f"{n.request}.", f"{owner}.asked."
        ),
        "label": f'{n.store}[{owner}.key]["label"] = {owner}.asked.label{MARK}',
        "key": f'{n.store}[{owner}.entry["parent"]]["note"] = {owner}.asked.note{MARK}',
    }[used]
    members = ["key: str", "entry: dict", "asked: object"]
    if by == "method":
        members += ["", *block(f"def apply(self, {n.store}):", [write])]
    lines = [*pen.stale(), f"job = _Job({n.key}, {n.entry}, {n.request})"]
    lines += [f"update_session_store({n.path}, job.apply)"] if by == "method" else pen.section([write])
    module = [*head[:-1], *block(head[-1], members), "", ""]
    return [*module, *pen.handler(lines)], {"kind": kind, "used": used, "by": by}


def handed_over(pen: Pen) -> Drawn:
    """A queue or a context variable carries something from where it was read to where it is written."""
    n = pen.names
    way = pen.one_of("queue", "deque", "context", "list", "mailbox", "iterator")
    sent = pen.one_of("entry", "entry", "built", "label", "key")
    at = f"{n.store}[{n.key}]"
    value = {
        "entry": n.entry,
        "built": pen.whole(n.entry),
        "label": f"{n.request}.label",
        "key": f'{n.entry}["parent"]',
    }[sent]
    put, take = {
        "queue": (["waiting = queue.Queue()", f"waiting.put({value})"], "waiting.get()"),
        "deque": (["waiting = collections.deque()", f"waiting.append({value})"], "waiting.popleft()"),
        "context": ([f"_CURRENT.set({value})"], "_CURRENT.get()"),
        "list": (["waiting = []", f"waiting.append({value})"], "waiting.pop()"),
        "mailbox": (
            ["waiting = {}", f'waiting.setdefault("sent", []).append({value})'],
            'waiting["sent"][0]',
        ),
        "iterator": ([f"waiting = iter([{value}])"], "next(waiting)"),
    }[way]
    body = {
        "entry": [f"{at} = {pen.whole('taken')}{MARK}"],
        "built": [f"{at} = taken{MARK}"],
        "label": [f'{at}["label"] = taken{MARK}'],
        "key": [f'{n.store}[taken]["note"] = {n.request}.note{MARK}'],
    }[sent]
    place = pen.one_of("inside", "before")
    taken = f"taken = {take}"
    lines = [*pen.stale(), *put]
    lines += pen.section([taken, *body]) if place == "inside" else [taken, *pen.section(body)]
    module = ['_CURRENT = contextvars.ContextVar("current")', "", ""] if way == "context" else []
    return [*module, *pen.handler(lines)], {"way": way, "sent": sent, "place": place}


def swept(pen: Pen) -> Drawn:
    """Every item of a snapshot is changed in a loop, and one of them is stored, or one field of it."""
    n = pen.names
    loop = pen.one_of("values", "items", "keys", "comprehension")
    stored = pen.one_of("item", "all", "field", "other-field")
    source = pen.one_of("stale", "stale", "fresh")
    everything = "snapshot" if source == "stale" else n.store
    at = f"{n.store}[{n.key}]"
    note = f'["note"] = {n.request}.note'
    change = {
        "values": block(f"for item in {everything}.values():", [f"item{note}"]),
        "items": block(
            f"for name, item in {everything}.items():", block(f"if name == {n.key}:", [f"item{note}"])
        ),
        "keys": block(f"for name in {everything}:", [f"{everything}[name]{note}"]),
        "comprehension": [f"[item.update(note={n.request}.note) for item in {everything}.values()]"],
    }[loop]
    write = {
        "item": f"{at} = {everything}[{n.key}]{MARK}",
        "all": f"{n.store}.update({everything}){MARK}",
        "field": f'{at}["note"] = {everything}[{n.key}]["note"]{MARK}',
        "other-field": f'{at}["model"] = {everything}[{n.key}].get("model"){MARK}',
    }[stored]
    if source == "fresh":
        return pen.handler(pen.section([*change, write])), {"loop": loop, "stored": stored, "source": source}
    read = [f"snapshot = load_session_store({n.path})", f"if {n.key} not in snapshot:", "    return None"]
    lines = [*read, *change, *pen.section([write])]
    return pen.handler(lines), {"loop": loop, "stored": stored, "source": source}
