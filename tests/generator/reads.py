"""The forms in which a handler reads an entry before its section."""

from __future__ import annotations

from tests.generator.text import Names, block

RAISING = ("index", "snapshot", "copied", "spread-copy", "snapshot-copy")
"""The forms that raise KeyError where the entry is missing."""

TESTED = ("get-default", "or-empty", "walrus")
"""Those that turn a missing entry away themselves."""


def read_entry(form: str, names: Names) -> tuple[list[str], list[str]]:
    """Returns definitions for the module and the statements of the handler that bind the stale entry to its name."""
    n, e = names, names.entry
    store = f"load_session_store({n.path})"
    match form:
        case "attribute":
            return [], [f"{e} = load_session_entry({n.key}).entry"]
        case "two-steps":
            return [], [f"{n.loaded} = load_session_entry({n.key})", f"{e} = {n.loaded}.entry"]
        case "position":
            return [], [f"{e} = load_session_entry({n.key})[2]"]
        case "unpacked":
            return [], [f"_cfg, _store_path, {e}, _canonical = load_session_entry({n.key})"]
        case "index":
            return [], [f"{e} = {store}[{n.key}]"]
        case "get":
            return [], [f"{e} = {store}.get({n.key})"]
        case "get-default":
            return [], [f"{e} = {store}.get({n.key}, {{}})", f"if not {e}:", "    return None"]
        case "or-empty":
            return [], [f"{e} = load_session_entry({n.key}).entry or {{}}", f"if not {e}:", "    return None"]
        case "walrus":
            return [], [f"if ({e} := {store}.get({n.key})) is None:", "    return None"]
        case "snapshot":
            return [], [f"snapshot = {store}", f"{e} = snapshot[{n.key}]"]
        case "copied":
            return [], [f"{e} = dict({store}[{n.key}])"]
        case "copy-copy":
            return [], [f"{e} = copy.copy(load_session_entry({n.key}).entry)"]
        case "deep-copy":
            return [], [f"{e} = copy.deepcopy({store}.get({n.key}))"]
        case "json-copy":
            return [], [f"{e} = json.loads(json.dumps(load_session_entry({n.key}).entry))"]
        case "spread-copy":
            return [], [f"{e} = {{**{store}[{n.key}]}}"]
        case "snapshot-copy":
            return [], [f"snapshot = dict({store})", f"{e} = snapshot[{n.key}].copy()"]
        case "reader":
            reader = block("def _read(path, key):", ["return load_session_store(path).get(key)"])
            return [*reader, "", ""], [f"{e} = _read({n.path}, {n.key})"]
        case "reader-copy":
            found = ["found = load_session_store(path).get(key)", "return dict(found) if found else None"]
            return [*block("def _read(path, key):", found), "", ""], [f"{e} = _read({n.path}, {n.key})"]
        case "looked-for":
            search = [f"{e} = None", f"for name, found in {store}.items():"]
            return [], [*search, f"    if name == {n.key}:", f"        {e} = found"]
        case "found-by-name":
            search_for = f"found for name, found in {store}.items() if name == {n.key}"
            return [], [f"{e} = next(({search_for}), None)"]
        case "reader-method":
            method = block("def entry(self, key):", ["return load_session_entry(key).entry"])
            return [*block("class _Sessions:", method), "", ""], [f"{e} = _Sessions().entry({n.key})"]
        case "aliased-reader":
            return [], ["fetch = load_session_store", f"{e} = fetch({n.path}).get({n.key})"]
        case "awaited":
            return [], [f"{e} = (await load_session_entry_async({n.key})).entry"]
    return [], [f"_cfg, _store_path, {e}, _canonical = await load_session_entry_async({n.key})"]
