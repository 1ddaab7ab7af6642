"""The forms in which a handler reads an entry before its section."""

from __future__ import annotations

from tests.generator.text import Names, block


def read_entry(form: str, names: Names) -> tuple[list[str], list[str]]:
    """Returns definitions for the module and the statements of the handler that bind the stale entry to its name."""
    n, e = names, names.entry
    store = f"load_session_store({n.path})"
    none = [f"if {e} is None:", "    return None"]
    match form:
        case "attribute":
            return [], [f"{e} = load_session_entry({n.key}).entry", *none]
        case "two-steps":
            return [], [f"{n.loaded} = load_session_entry({n.key})", f"{e} = {n.loaded}.entry", *none]
        case "position":
            return [], [f"{e} = load_session_entry({n.key})[2]", *none]
        case "unpacked":
            return [], [f"_cfg, _store_path, {e}, _canonical = load_session_entry({n.key})", *none]
        case "index":
            return [], [f"{e} = {store}[{n.key}]"]
        case "get":
            return [], [f"{e} = {store}.get({n.key})", *none]
        case "get-default":
            return [], [f"{e} = {store}.get({n.key}, {{}})", f"if not {e}:", "    return None"]
        case "or-empty":
            return [], [f"{e} = load_session_entry({n.key}).entry or {{}}", f"if not {e}:", "    return None"]
        case "walrus":
            return [], [f"if ({e} := {store}.get({n.key})) is None:", "    return None"]
        case "snapshot":
            return [], [f"snapshot = {store}", f"{e} = snapshot[{n.key}]"]
        case "reader":
            reader = block("def _read(path, key):", ["return load_session_store(path).get(key)"])
            return [*reader, "", ""], [f"{e} = _read({n.path}, {n.key})", *none]
        case "reader-method":
            method = block("def entry(self, key):", ["return load_session_entry(key).entry"])
            return [*block("class _Sessions:", method), "", ""], [f"{e} = _Sessions().entry({n.key})", *none]
        case "aliased-reader":
            return [], ["fetch = load_session_store", f"{e} = fetch({n.path}).get({n.key})", *none]
        case "awaited":
            return [], [f"{e} = (await load_session_entry_async({n.key})).entry", *none]
    return [], [f"_cfg, _store_path, {e}, _canonical = await load_session_entry_async({n.key})", *none]
