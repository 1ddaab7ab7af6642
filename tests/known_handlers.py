"""Handlers whose verdict is known, by what they show; those that are broken with how badly they are."""

from __future__ import annotations

IMPORTS = """
import asyncio, functools, json, time, uuid
from datetime import datetime
from fixtures.session_store import (
    load_session_entry, load_session_entry_async, load_session_store, locked_session_store,
    locked_session_store_async, merge_entry, patch_session, save_session_store, session_mutator, update_session_store,
    update_session_store_async, update_session_store_entry, update_session_store_entry_async,
)
"""

BAD = {
    "whole entry built outside (V1)": (
        "S1",
        """
def handle(path, key, request):
    entry = load_session_entry(key).entry
    next_entry = {"model": entry.get("model"), "label": request.label}
    update_session_store(path, lambda store: store.__setitem__(key, next_entry))
""",
    ),
    "captured entry changed inside (V2c)": (
        "S1",
        """
def handle(path, key, request):
    entry = load_session_store(path)[key]
    def mutator(store):
        entry["label"] = request.label
        store[key] = entry
    update_session_store(path, mutator)
""",
    ),
    "stale entry wins the merge (V3)": (
        "S1",
        """
def handle(path, key):
    entry = load_session_entry(key).entry
    if entry is None:
        return
    def mutator(store):
        store[key] = {**store.get(key, {}), **entry}
    update_session_store(path, mutator)
""",
    ),
    "patch with stale keys (V4)": (
        "S1",
        """
def handle(path, key, request):
    entry = load_session_entry(key).entry
    if entry is None:
        return
    patch = {"note": entry["note"], "label": request.label or entry["label"]} if "note" in entry else {}
    update_session_store(path, lambda store: store[key].update(patch))
""",
    ),
    "stale fallback (V4b)": (
        "S2",
        """
def handle(path, key, request):
    entry = load_session_entry(key).entry
    if entry is None:
        return
    patch = {"last_to": request.to or entry.get("last_to")}
    def mutator(store):
        store[key] = {**store[key], **patch}
    update_session_store(path, mutator)
""",
    ),
    "counter raised outside (V5)": (
        "S2",
        """
def handle(path, key, amount):
    count = load_session_store(path)[key]["count"] + amount
    def mutator(store):
        store[key]["count"] = count
    update_session_store(path, mutator)
""",
    ),
    "switch thrown outside": (
        "S2",
        """
def handle(path, key):
    enabled = not load_session_store(path)[key]["enabled"]
    update_session_store(path, lambda store: store[key].update(enabled=enabled))
""",
    ),
    "history trimmed outside (V5)": (
        "S2",
        """
def handle(path, key, text):
    history = [*load_session_store(path)[key]["history"], text][-3:]
    def mutator(store):
        store[key]["history"] = history
    update_session_store(path, mutator)
""",
    ),
    "stale value across fields": (
        "S2",
        """
def handle(path, key):
    entry = load_session_store(path)[key]
    def mutator(store):
        store[key]["last_to"] = entry["to"]
    update_session_store(path, mutator)
""",
    ),
    "difference taken outside": (
        "S2",
        """
def handle(path, key, limit):
    left = limit - load_session_store(path)[key]["count"]
    def mutator(store):
        store[key]["left"] += left
    update_session_store(path, mutator)
""",
    ),
    "insert if absent, tested outside (V6)": (
        "S1",
        """
def handle(path, key, request):
    if key in load_session_store(path):
        return
    def mutator(store):
        store[key] = {"label": request.label}
    update_session_store(path, mutator)
""",
    ),
    "stale test inside decides the same field (V6)": (
        "S2",
        """
def handle(path, key):
    entry = load_session_store(path)[key]
    def mutator(store):
        if entry.get("state") == "idle":
            store[key]["state"] = "running"
    update_session_store(path, mutator)
""",
    ),
    "deleted entry comes back (V7)": (
        "S3",
        """
def handle(path, key, request):
    entry = load_session_entry(key).entry
    if entry is None:
        return
    def mutator(store):
        current = store.get(key) or entry
        store[key] = {**current, "label": request.label}
    update_session_store(path, mutator)
""",
    ),
    "no section at all (V8)": (
        "S1",
        """
def handle(path, key, request):
    store = load_session_store(path)
    store[key]["label"] = request.label
    save_session_store(path, store)
""",
    ),
    "cached reader in the section (V9)": (
        "S1",
        """
def handle(path, key, request):
    def mutator(store):
        entry = load_session_store(path)[key]
        store[key] = {**entry, "label": request.label}
    update_session_store(path, mutator)
""",
    ),
    "read, wait, write (V11)": (
        "S1",
        """
async def handle(path, key, request):
    entry = (await load_session_entry_async(key)).entry
    await asyncio.sleep(5)
    entry["label"] = request.label
    async def mutator(store):
        store[key] = entry
    await update_session_store_async(path, mutator)
""",
    ),
    "entry updater ignores its argument (V13)": (
        "S1",
        """
def handle(path, key, request):
    entry = load_session_entry(key).entry
    if entry is None:
        return
    captured = {**entry, "label": request.label}
    update_session_store_entry(path, key, lambda _current: captured)
""",
    ),
    "value leaked from an earlier section": (
        "S2",
        """
def handle(path, key):
    count = update_session_store(path, lambda store: store[key]["count"])
    def mutator(store):
        store[key]["count"] = count + 1
    update_session_store(path, mutator)
""",
    ),
    "identity check clears no data": (
        "S1",
        """
def handle(path, key, request):
    entry = load_session_store(path)[key]
    with locked_session_store(path) as store:
        if store[key]["session_id"] == entry["session_id"]:
            store[key] = {**entry, "label": request.label}
""",
    ),
    "decorated section": (
        "S1",
        """
def handle(path, key, request):
    entry = load_session_store(path)[key]
    @session_mutator(path)
    def apply(store, changed):
        store[key] = changed
    apply({**entry, "label": request.label})
""",
    ),
    "entry handed in by the caller": (
        "S1",
        """
def handle(path, key, session_entry, label):
    if session_entry is None:
        return
    session_entry["label"] = label
    update_session_store(path, lambda store: store.update({key: session_entry}))
""",
    ),
    "whole store restored": (
        "S1",
        """
def handle(path, key, label):
    everything = load_session_store(path)
    everything.setdefault(key, {})["label"] = label
    def mutator(store):
        store.clear()
        store.update(everything)
    update_session_store(path, mutator)
""",
    ),
    "join broken by recreation only (C10)": (
        "S3",
        """
def handle(path, key):
    entry = load_session_store(path)[key]
    def mutator(store):
        current = store.setdefault(key, {})
        current["left"] = max(current.get("left", 0), entry["left"])
    update_session_store(path, mutator)
""",
    ),
}

OK = {
    "built inside from minted values (C1)": """
def handle(path, key):
    session_id, now = str(uuid.uuid4()), time.time()
    def mutator(store):
        entry = store[key]
        store[key] = {**entry, "session_id": session_id, "updated_at": now}
    update_session_store(path, mutator)
""",
    "patch from the request (C2)": """
def handle(path, key, patch):
    def mutator(store):
        store[key] = merge_entry(store.get(key), patch)
    update_session_store(path, mutator)
""",
    "brand-new key (C3)": """
def handle(path, request):
    update_session_store(path, lambda store: store.update({f"agent:main:{uuid.uuid4()}": {"label": request.label}}))
""",
    "delete tested inside (C4)": """
def handle(path, key):
    def mutator(store):
        if key in store:
            del store[key]
    update_session_store(path, mutator)
""",
    "fill if missing with an identity check (C6)": """
def handle(path, key):
    cached = load_session_entry(key).entry
    if cached is None:
        return
    started = cached["version"] * 10
    def mutator(store):
        fresh = store.get(key)
        if fresh and fresh.get("started") is None and fresh["session_id"] == cached["session_id"]:
            fresh["started"] = "recovered"
    update_session_store(path, mutator)
""",
    "builder called on both (C7)": """
def handle(path, key, request):
    def build(source):
        return {**source, "label": request.label}
    print(build(load_session_store(path)[key])["label"])
    def mutator(store):
        store[key] = build(store[key])
    update_session_store(path, mutator)
""",
    "compare and set on the version (C8)": """
def handle(path, key, request):
    entry = load_session_store(path)[key]
    next_entry = {**entry, "label": request.label, "version": entry["version"] + 1}
    def mutator(store):
        if store[key]["version"] != entry["version"]:
            raise RuntimeError("conflict")
        store[key] = next_entry
    update_session_store(path, mutator)
""",
    "compare and set on the whole entry": """
def handle(path, key, request):
    entry = load_session_store(path)[key]
    def mutator(store):
        if store.get(key) == entry:
            store[key] = {**entry, "label": request.label}
    update_session_store(path, mutator)
""",
    "set union (C10)": """
def handle(path, key, tags):
    def mutator(store):
        store[key]["tags"] = sorted(set(store[key]["tags"]) | set(tags))
    update_session_store(path, mutator)
""",
    "run results (C11)": """
def handle(path, key, request):
    usage = {"total": request.amount}
    update_session_store(path, lambda store: store[key].update(usage=usage, model=request.model))
""",
    "the updater's own parameter shadows (C12)": """
def handle(path, key, request):
    entry = load_session_entry(key).entry
    if entry is None:
        return
    def patch(entry):
        return {"to": request.to or entry.get("to")}
    update_session_store_entry(path, key, patch)
""",
    "only identifiers cross (C13)": """
def handle(path, key, request):
    known = update_session_store(path, lambda store: store[key]["session_id"])
    def mutator(store):
        if store[key]["session_id"] == known:
            store[key]["label"] = request.label
    update_session_store(path, mutator)
""",
    "rebound to fresh before the write (C24)": """
def handle(path, key, request):
    entry = load_session_store(path)[key]
    print(entry["label"])
    with locked_session_store(path) as store:
        entry = store[key]
        store[key] = {**entry, "label": request.label}
""",
    "uncached reader in the section": """
def handle(path, key, request):
    def mutator(store):
        entry = load_session_store(path, skip_cache=True)[key]
        store[key] = {**entry, "label": request.label}
    update_session_store(path, mutator)
""",
    "fresh wins the merge": """
def handle(path, key):
    entry = load_session_store(path)[key]
    def mutator(store):
        store[key] = {**entry, **store[key]}
    update_session_store(path, mutator)
""",
    "blind write": """
def handle(path, key, request):
    update_session_store(path, lambda store: store.update({key: {"label": request.label}}))
""",
    "patch by the store's own door": """
def handle(path, key, patch):
    patch_session(path, key, patch)
""",
    "no write": """
def handle(path, key):
    return load_session_entry(key).entry
""",
}
