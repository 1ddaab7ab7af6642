"""Every precondition of a fix, each by a handler that fails it and no other."""

from __future__ import annotations

from textwrap import dedent

import pytest

from lint_rmw.finding import Fix, Safety
from lint_rmw.lint import lint
from lint_rmw.source import Source
from tests.test_fixes import code


def fix_of(text: str) -> Fix:
    (finding,) = lint(Source.from_text(code(text), "handler.py"), propose_fixes=True)
    assert finding.fix is not None
    return finding.fix


REFUSED = {
    "P1: the value is built in a loop around the section that changes what it is built from": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            suffix = ""
            made = {**entry, "label": f"{request.label}{suffix}"}
            for attempt in range(2):

                def mutator(store):
                    store[key] = made

                update_session_store(path, mutator)
                suffix = str(attempt)
        """,
        "suffix changes in the loop around the section",
    ),
    "P2: the building leaves the function": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            draft = dict(entry)
            if request.label:
                draft["label"] = request.label
            else:
                draft["label"] = "none"
                if request.note:
                    return None

            def mutator(store):
                store[key] = draft

            update_session_store(path, mutator)
        """,
        "line 24 leaves the function from within the building of the value",
    ),
    "P3: a captured name changes before the section": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            label = request.label
            made = {**entry, "label": label}
            label = request.note

            def mutator(store):
                store[key] = made

            update_session_store(path, mutator)
            return label
        """,
        "label is bound again at line 20, before the section",
    ),
    "P5: an entry updater hands over no other entry": (
        """
        def handle(path, key, request):
            snapshot = load_session_store(path)
            entry = snapshot[key]
            made = {"count": entry["count"] + len(snapshot)}

            def update(current):
                return made

            return update_session_store_entry(path, key, update)
        """,
        "the section hands over one entry, and 'snapshot' is used for more",
    ),
    "P7: a changed object is looked at behind the section": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            meta = entry["meta"]

            def mutator(store):
                entry["meta"]["theme"] = request.label
                store[key] = entry

            update_session_store(path, mutator)
            return meta
        """,
        "what the section changes in 'meta' is used behind it",
    ),
    "P8: a name means something else inside": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            label = request.label
            made = {**entry, "label": label}

            def mutator(store):
                label = "mine"
                store[key] = made
                return label

            update_session_store(path, mutator)
        """,
        "'label' means something else inside the mutator",
    ),
    "P10: the building waits": (
        """
        async def handle(path, key, request):
            entry = load_session_store(path)[key]
            made = {**entry, "label": await request.fetch()}

            def mutator(store):
                store[key] = made

            update_session_store(path, mutator)
        """,
        "line 18 awaits while it builds the value, and a wait never moves into a section",
    ),
    "P11: the building changes what belongs to somebody else": (
        """
        def handle(path, key, request, seen):
            entry = load_session_store(path)[key]
            seen["label"] = entry["label"]

            def mutator(store):
                store[key]["note"] = seen["label"]

            update_session_store(path, mutator)
        """,
        "line 18 changes 'seen', which does not belong to the value",
    ),
    "P12: the building calls an updater of the store": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            made = {**entry, "label": update_session_store(path, lambda fresh: fresh.pop("last", None))}

            def mutator(store):
                store[key] = made

            update_session_store(path, mutator)
        """,
        "line 18 calls update_session_store() of the same store, which must not happen in a section",
    ),
    "P14: an unsupported statement builds the value": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            with open(request.name) as file:
                made = {**entry, "label": file.read()}

            def mutator(store):
                store[key] = made

            update_session_store(path, mutator)
        """,
        "the value is built in a block at line 18 that cannot be moved",
    ),
    "a clock that is compared with the entry": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            now = time.time()
            made = {**entry, "enabled": now > entry["updated_at"]}

            def mutator(store):
                store[key] = made

            update_session_store(path, mutator)
        """,
        "line 19 compares the entry with a clock that was read before the section",
    ),
    "a stale condition decides whether the section is opened": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            if entry["enabled"]:
                with locked_session_store(path) as store:
                    store[key] = {**entry, "label": request.label}
                print("written")
            print("done")
        """,
        "the stale condition at line 18 decides whether the section is opened at all",
    ),
    "a text that prints a name of the code": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            made = {**entry, "note": f"{entry['label']=}"}

            def mutator(store):
                store[key] = made

            update_session_store(path, mutator)
        """,
        "line 18 prints a name of the code, which would change",
    ),
    "a section whose result is used before anybody could ask whether it declined": (
        """
        def handle(path, key, request):
            entry = load_session_store(path).get(key)
            if entry is None:
                return "gone"
            count = entry["count"] + 1
            return len(key), update_session_store(path, lambda store: store[key].update(count=count) or count)
        """,
        "the section's result is used at once, so a refusal inside it cannot be carried out",
    ),
    "a statement behind the section on its line": (
        """
        def handle(path, key, request):
            entry = load_session_store(path).get(key)
            if entry is None:
                return "gone"
            count = entry["count"] + 1
            update_session_store(path, lambda store: store[key].update(count=count)); return "stored"
        """,
        "line 21 holds more than one statement",
    ),
    "RMW105: what the new entry depends on was asked before": (
        """
        def handle(path, key, request):
            if key in load_session_store(path):
                return None
            made = {"session_id": request.session_id, "label": request.label}
            update_session_store(path, lambda store: store.update({key: made}))
        """,
        "line 17 decides on what was read before the section, and has to be asked again inside",
    ),
    "two statements on one line": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]; made = {**entry, "label": request.label}

            def mutator(store):
                store[key] = made

            update_session_store(path, mutator)
        """,
        "line 17 holds more than one statement",
    ),
    "the fresh state has the name of what was read before it": (
        """
        def handle(path, key):
            store = load_session_store(path)
            count = store[key]["count"] + 1
            with locked_session_store(path) as store:
                store[key]["count"] = count
        """,
        "'store' is the fresh state inside, and what was read before it",
    ),
    "what always runs reads what would be bound inside": (
        """
        import logging

        def handle(path, key, request):
            entry = load_session_entry(key).entry
            made = {**entry, "label": request.label}
            try:
                with locked_session_store(path) as store:
                    store[key] = made
            finally:
                logging.info("done %s", made)
        """,
        "a fix was made and taken back: 'made' would be read before it is bound in handle()",
    ),
    "what is read where the section could not be opened would be bound inside": (
        """
        def handle(path, key):
            entry = load_session_entry(key).entry
            count = entry["count"] + 1
            try:
                with locked_session_store(path) as store:
                    store[key]["count"] = count
            except TimeoutError:
                return {"pending": count}
            return count
        """,
        "a fix was made and taken back: 'count' would be read before it is bound in handle()",
    ),
    "what is read behind where the section may not have been opened would be bound inside": (
        """
        def handle(path, key):
            entry = load_session_entry(key).entry
            count = entry["count"] + 1
            try:
                with locked_session_store(path) as store:
                    store[key]["count"] = count
            except TimeoutError:
                print("busy")
            return count
        """,
        "a fix was made and taken back: 'count' would be read before it is bound in handle()",
    ),
    "what is handed out by a generator may be changed before it is written": (
        """
        def handle(path, key):
            entry = load_session_store(path)[key]
            yield {"entry": entry}
            with locked_session_store(path) as store:
                store[key] = entry
        """,
        "what is yielded at line 18 may be changed before it is written",
    ),
    "what is built is changed between two rounds of the loop around the section": (
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            made = {**entry, "label": request.label}
            for attempt in range(2):
                try:
                    with locked_session_store(path) as store:
                        store[key] = made
                    return True
                except OSError:
                    made["state"] = "retried"
        """,
        "'made' is worked on between two rounds of the loop around the section",
    ),
    "what is counted is counted on between two rounds of the loop around the section": (
        """
        def handle(path, key):
            count = load_session_entry(key).entry["count"] + 1
            for attempt in range(2):
                try:
                    with locked_session_store(path) as store:
                        store[key]["count"] = count
                    return True
                except OSError:
                    count += 1
        """,
        "'count' is worked on between two rounds of the loop around the section",
    ),
    "all that is done to what is written is done by functions that nobody knows": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            request.enrich(entry)
            with locked_session_store(path) as store:
                store[key] = entry
        """,
        "request.enrich() at line 18 may change 'entry', which is written as it is then",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_fix_is_refused_for_this_reason(case: str) -> None:
    text, reason = REFUSED[case]
    fix = fix_of(text)
    assert (fix.safety, fix.reasons, fix.edits) == (Safety.MANUAL, (reason,), ())


DOUBTED = {
    "P9: what is moved could be caught where it was not": (
        """
        def handle(path, key, request):
            count = load_session_store(path)[key]["count"] + 1
            try:
                with locked_session_store(path) as store:
                    store[key]["count"] = count
            except KeyError:
                return None
        """,
        "what the moved code may raise would now be caught at line 21",
    ),
    "P9: a block around the section may swallow what is moved": (
        """
        def handle(path, key, request):
            count = load_session_store(path)[key]["count"] + 1
            with contextlib.suppress(KeyError):
                update_session_store(path, lambda store: store[key].update(count=count))
        """,
        "what the moved code may raise would now pass through contextlib.suppress() at line 18",
    ),
    "a decorator runs before what is moved": (
        """
        def handle(path, key, request):
            count = load_session_store(path)[key]["count"] + 1

            @request.traced
            def put(store):
                store[key]["count"] = count

            update_session_store(path, put)
        """,
        "@request.traced runs around the mutator, and may do more than call it",
    ),
    "a log line would come before what raises": (
        """
        def handle(path, key, request):
            count = load_session_store(path)[key]["count"] + 1
            request.logger.info("about to store")
            update_session_store(path, lambda store: store[key].update(count=count))
        """,
        "what line 17 computes may raise, and now does so after request.logger.info() at line 18",
    ),
    "what raises would not run where the section is not opened": (
        """
        def handle(path, key, request):
            count = load_session_store(path)[key]["count"] + 1
            if request.label:
                update_session_store(path, lambda store: store[key].update(count=count))
        """,
        "what line 17 computes may raise, and now does so only where line 18 opens the section",
    ),
    "a test of the stale entry that is not said again": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            if request.label:
                if entry.get("policy") == "deny":
                    return "denied"
            made = {**entry, "label": request.label}
            update_session_store(path, lambda store: store.update({key: made}))
        """,
        "line 18 leaves on what was read before, and that is not asked again inside",
    ),
    "a function from elsewhere that is called like one that only computes": (
        """
        from billing import replace

        def handle(path, key, request):
            entry = load_session_store(path)[key]
            made = replace(entry, label=request.label)
            update_session_store(path, lambda store: store.update({key: made}))
        """,
        "replace() at line 20 runs inside the section, and may do more than compute",
    ),
    "a module from elsewhere whose function is called like a method of a dictionary": (
        """
        import requests

        def handle(path, key, request):
            entry = load_session_store(path)[key]
            made = {**entry, "note": requests.get(entry["note"])}
            update_session_store(path, lambda store: store.update({key: made}))
        """,
        "requests.get() at line 20 runs inside the section, and may do more than compute",
    ),
    "a function that nobody knows may change what is built": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            made = {**entry, "label": request.label}
            request.enrich(made)
            update_session_store(path, lambda store: store.update({key: made}))
        """,
        "request.enrich() at line 19 may change 'made', and is not called again inside",
    ),
    "P2: an unknown function would run under the lock": (
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            made = {**entry, "label": request.render(entry)}

            def mutator(store):
                store[key] = made

            update_session_store(path, mutator)
        """,
        "request.render() at line 18 runs inside the section, and may do more than compute",
    ),
    "what is handed in is changed outside as well": (
        """
        def handle(path, key, meta):
            entry = load_session_entry(key).entry
            meta |= entry["meta"]
            print("merged", meta)
            with locked_session_store(path) as store:
                store[key]["meta"] |= meta
        """,
        "line 18 changes 'meta' once more inside the section",
    ),
    "whoever goes on at a yield may store something": (
        """
        def handle(path, key):
            count = load_session_entry(key).entry["count"] + 1
            yield count
            with locked_session_store(path) as store:
                store[key]["count"] = count
        """,
        "what is stored while line 18 yields would be met inside the section",
    ),
}


@pytest.mark.parametrize("case", DOUBTED)
def test_a_fix_is_unsafe_for_this_reason(case: str) -> None:
    text, reason = DOUBTED[case]
    fix = fix_of(text)
    assert (fix.safety, fix.reasons) == (Safety.UNSAFE, (reason,))
    assert fix.edits


def test_a_comment_that_finds_no_place_makes_a_fix_unsafe() -> None:
    fix = fix_of(
        """
        def handle(path, key, request):
            loaded = load_session_entry(key)
            # As it was when we came.
            entry = loaded.entry
            patch = {"count": entry["count"] + 1}

            def update(current):
                return patch

            return update_session_store_entry(path, key, update)
        """
    )
    assert fix.safety is Safety.UNSAFE
    assert "the comment '# As it was when we came.' finds no place in the result" in fix.reasons


def test_a_file_that_cannot_be_printed_back_is_left_alone() -> None:
    text = dedent(REFUSED["P14: an unsupported statement builds the value"][0]).replace(
        "    with", "\f    with"
    )
    fix = fix_of(text)
    assert fix.reasons == ("the file cannot be printed back byte for byte",)


def test_only_parameters_that_may_be_entries_are_named_as_what_is_handed_in() -> None:
    reason = "the stale value does not come from a read in the function that opens the section"
    handed = fix_of(
        """
        def handle(path, key, entry):
            update_session_store(path, lambda store: store.update({key: {**entry, "label": "x"}}))
        """
    )
    read_elsewhere = fix_of(
        """
        def read(path, key):
            for entry in [load_session_store(path)[key]]:
                return entry


        def handle(path, key, text):
            made = read(path, key)
            update_session_store(path, lambda store: store.update({key: {**made, "label": text}}))
        """
    )
    assert handed.reasons == (f"{reason}; handle() is handed entry",)
    assert read_elsewhere.reasons == (
        f"{reason}; the call of read() at line 22 cannot be written out there: read() returns in more than one place",
    )
