"""What each transformation makes of a handler, and that its result is proved by execution."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent, indent

import pytest

from lint_rmw.finding import Finding, Safety
from lint_rmw.lint import Options, apply_fixes, lint
from lint_rmw.source import Source
from lint_rmw.store import builtin_profiles
from tests.generator.program import generate
from tests.oracle import judge_fix

HEAD = """\
import functools
import time
import uuid

from fixtures.session_store import (
    load_session_entry,
    load_session_store,
    locked_session_store,
    session_mutator,
    update_session_store,
    update_session_store_async,
    update_session_store_entry,
)


"""

ALIAS_AWARE = Options(
    profiles=tuple(
        replace(
            profile,
            counterpart=tuple(
                spelled.replace("FRESH.get(KEY)", "FRESH.get(freshest_alias(FRESH, KEY))")
                for spelled in profile.counterpart
            ),
        )
        for profile in builtin_profiles()
    )
)
"""The session store with readers whose counterpart looks under every spelling of a key, as they do themselves."""


def code(text: str) -> str:
    return HEAD + dedent(text).lstrip("\n")


def findings(text: str, options: Options | None = None) -> tuple[Finding, ...]:
    return lint(Source.from_text(text, "handler.py"), options, propose_fixes=True)


def repaired(text: str, options: Options | None = None, *, unsafe: bool = False) -> str:
    result = apply_fixes(Source.from_text(text, "handler.py"), options, unsafe=unsafe)
    assert result.fixed
    return result.text


def held(text: str, *, unsafe: bool = False) -> str:
    """What the fixes make of `text`, which holds under every writer."""
    fixed = repaired(text, unsafe=unsafe)
    assert judge_fix(text, fixed).difference is None
    return fixed


def told(text: str, safety: Safety, reason: str) -> None:
    """The fix of the only finding in `text` is as safe as that, and says why."""
    (finding,) = findings(text)
    assert finding.fix is not None
    assert finding.fix.safety is safety
    assert reason in " ".join(finding.fix.reasons)


def proved(text: str, expected: str, options: Options | None = None) -> None:
    """The safe fix of `text` is exactly `expected`, holds under every writer, and leaves nothing to do."""
    fixed = repaired(code(text), options)
    assert fixed.removeprefix(HEAD) == code(expected).removeprefix(HEAD)
    proof = judge_fix(code(text), fixed)
    assert proof.holds, proof.difference
    again = apply_fixes(Source.from_text(fixed, "handler.py"), options)
    assert (again.text, again.fixed, again.remaining) == (fixed, (), ())


def test_a_copied_field_that_is_read_before_is_left_out_of_the_patch() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            print(entry["count"])
            patch = {"label": request.label, "count": entry["count"]}

            def mutator(store):
                store[key] = {**store[key], **patch}

            update_session_store(path, mutator)
        """,
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            print(entry["count"])
            patch = {"label": request.label}

            def mutator(store):
                store[key] = {**store[key], **patch}

            update_session_store(path, mutator)
        """,
    )


def test_a_copied_field_that_may_be_missing_is_looked_up_fresh_instead() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            patch = {"label": request.label, "model": entry.get("model")}

            def mutator(store):
                store[key] = {**store[key], **patch}

            update_session_store(path, mutator)
        """,
        """
        def handle(path, key, request):
            def mutator(store):
                fresh_entry = store[key]
                patch = {"label": request.label, "model": fresh_entry.get("model")}
                store[key] = {**store[key], **patch}

            update_session_store(path, mutator)
        """,
    )


def test_a_stale_root_inside_the_mutator_is_looked_up_fresh() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]

            def mutator(store):
                store[key] = {**entry, "label": request.label}

            update_session_store(path, mutator)
        """,
        """
        def handle(path, key, request):
            def mutator(store):
                fresh_entry = store[key]
                store[key] = {**fresh_entry, "label": request.label}

            update_session_store(path, mutator)
        """,
    )


def test_the_whole_building_slice_moves_with_its_comments() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            # Only what was asked for changes.
            draft = dict(entry)
            if request.label:
                draft["label"] = request.label
            else:
                draft["label"] = draft["label"] + "!"  # louder

            def mutator(store):
                store[key] = draft

            update_session_store(path, mutator)
        """,
        """
        def handle(path, key, request):
            def mutator(store):
                fresh_entry = store[key]
                # Only what was asked for changes.
                draft = dict(fresh_entry)
                if request.label:
                    draft["label"] = request.label
                else:
                    draft["label"] = draft["label"] + "!"  # louder
                store[key] = draft

            update_session_store(path, mutator)
        """,
    )


def test_a_guard_on_the_stale_entry_is_said_again_inside() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path).get(key)
            if entry is None:
                return "gone"
            count = entry["count"] + request.amount

            def mutator(store):
                store[key]["count"] = count

            update_session_store(path, mutator)
            return "stored"
        """,
        """
        def handle(path, key, request):
            entry = load_session_store(path).get(key)
            if entry is None:
                return "gone"

            declined = False

            def mutator(store):
                nonlocal declined
                fresh_entry = store.get(key)
                if fresh_entry is None:
                    declined = True
                    return None
                count = fresh_entry["count"] + request.amount
                store[key]["count"] = count

            update_session_store(path, mutator)
            if declined:
                return "gone"
            return "stored"
        """,
    )


def test_a_with_block_leaves_by_the_guard_itself() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path).get(key)
            if entry is None or entry.get("policy") == "deny":
                return "no"
            count = entry["count"] + request.amount
            with locked_session_store(path) as store:
                store[key]["count"] = count
            return count
        """,
        """
        def handle(path, key, request):
            entry = load_session_store(path).get(key)
            if entry is None or entry.get("policy") == "deny":
                return "no"
            with locked_session_store(path) as store:
                fresh_entry = store.get(key)
                if fresh_entry is None or fresh_entry.get("policy") == "deny":
                    return "no"
                count = fresh_entry["count"] + request.amount
                store[key]["count"] = count
            return count
        """,
    )


def test_a_lambda_becomes_a_function_when_it_must_hold_statements() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            update_session_store(path, lambda store: store.update({key: {**entry, "label": request.label}}))
        """,
        """
        def handle(path, key, request):
            def mutator(store):
                fresh_entry = store[key]
                store.update({key: {**fresh_entry, "label": request.label}})

            update_session_store(path, mutator)
        """,
    )


def test_minted_values_stay_outside_and_are_captured() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            # A new life.
            changed = {**entry, "session_id": str(uuid.uuid4()), "updated_at": int(time.time() * 1000)}

            def mutator(store):
                store[key] = changed

            update_session_store(path, mutator)
        """,
        """
        def handle(path, key, request):
            session_id = str(uuid.uuid4())
            updated_at = int(time.time() * 1000)

            def mutator(store):
                fresh_entry = store[key]
                # A new life.
                changed = {**fresh_entry, "session_id": session_id, "updated_at": updated_at}
                store[key] = changed

            update_session_store(path, mutator)
        """,
    )


def test_a_result_used_behind_the_section_is_threaded_out() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            count = entry["count"] + 1

            def mutator(store):
                store[key]["count"] = count

            update_session_store(path, mutator)
            return count
        """,
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            count = entry["count"] + 1

            def mutator(store):
                nonlocal count
                fresh_entry = store[key]
                count = fresh_entry["count"] + 1
                store[key]["count"] = count

            update_session_store(path, mutator)
            return count
        """,
    )


def test_a_cached_reader_gives_way_to_the_fresh_parameter() -> None:
    proved(
        """
        def handle(path, key, request):
            def mutator(store):
                entry = load_session_store(path)[key]
                store[key] = {**entry, "label": request.label}

            update_session_store(path, mutator)
        """,
        """
        def handle(path, key, request):
            def mutator(store):
                entry = store[key]
                store[key] = {**entry, "label": request.label}

            update_session_store(path, mutator)
        """,
    )


def test_a_default_that_carried_a_stale_value_in_is_taken_off() -> None:
    proved(
        """
        def handle(path, key, request):
            count = load_session_store(path)[key]["count"] + 1

            def mutator(store, key=key, count=count):
                store[key]["count"] = count

            update_session_store(path, mutator)
        """,
        """
        def handle(path, key, request):
            def mutator(store, key=key):
                count = store[key]["count"] + 1
                store[key]["count"] = count

            update_session_store(path, mutator)
        """,
    )


def test_an_entry_updater_uses_the_entry_it_hands_over() -> None:
    proved(
        """
        def handle(path, key, request):
            loaded = load_session_entry(key)
            entry = loaded.entry
            if entry is None:
                return None
            patch = {"count": entry["count"] + request.amount}

            def update(current):
                return patch

            return update_session_store_entry(path, key, update)
        """,
        """
        def handle(path, key, request):
            loaded = load_session_entry(key)
            entry = loaded.entry
            if entry is None:
                return None

            def update(current):
                patch = {"count": current["count"] + request.amount}
                return patch

            return update_session_store_entry(path, key, update)
        """,
    )


def test_a_locked_function_loses_the_argument_that_was_stale() -> None:
    proved(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            changed = {**entry, "label": request.label}

            @session_mutator(path)
            def put(store, key, changed):
                store[key] = changed

            put(key, changed)
        """,
        """
        def handle(path, key, request):
            @session_mutator(path)
            def put(store, key):
                fresh_entry = store[key]
                changed = {**fresh_entry, "label": request.label}
                store[key] = changed

            put(key)
        """,
    )


def test_an_async_mutator_is_repaired_like_any_other() -> None:
    proved(
        """
        async def handle(path, key, request):
            entry = load_session_store(path)[key]

            async def mutator(store):
                store[key] = {**entry, "label": request.label}

            await update_session_store_async(path, mutator)
        """,
        """
        async def handle(path, key, request):
            async def mutator(store):
                fresh_entry = store[key]
                store[key] = {**fresh_entry, "label": request.label}

            await update_session_store_async(path, mutator)
        """,
    )


def test_a_builder_of_the_file_is_called_with_a_private_copy_of_the_fresh_entry_if_it_changes_it() -> None:
    fixed = repaired(
        code(
            """
            def build(source, request):
                source["tags"].append(request.tag)
                return source


            def handle(path, key, request):
                entry = load_session_store(path)[key]
                built = build(entry, request)

                def mutator(store):
                    store[key] = built

                update_session_store(path, mutator)
            """
        )
    )
    assert fixed.startswith("import copy\nimport functools\n")
    assert (
        "        fresh_entry = copy.deepcopy(store[key])\n        built = build(fresh_entry, request)\n"
        in fixed
    )


def test_a_counterpart_may_call_what_stands_beside_the_reader() -> None:
    text = code(
        """
        def handle(path, key, request):
            entry = load_session_entry(key).entry
            next_entry = {**entry, "label": request.label}

            def mutator(store):
                store[key] = next_entry

            update_session_store(path, mutator)
        """
    )
    plain = repaired(text)
    assert "        fresh_entry = store.get(key)\n" in plain
    assert judge_fix(text, plain).holds
    aware = repaired(text, ALIAS_AWARE)
    assert "        fresh_entry = store.get(freshest_alias(store, key))\n" in aware
    assert "    freshest_alias,\n    load_session_entry,\n" in aware
    assert judge_fix(text, aware).holds


def test_a_blind_entry_is_laid_over_the_fresh_one_only_if_asked_for() -> None:
    text = code(
        """
        def handle(path, key, request):
            entry = {"label": request.label, "count": 0}
            update_session_store(path, lambda store: store.update({key: entry}))
        """
    )
    (finding,) = findings(text)
    assert finding.fix is not None
    assert (finding.code, finding.fix.safety) == ("RMW105", Safety.UNSAFE)
    assert apply_fixes(Source.from_text(text, "handler.py")).text == text
    assert "store.update({key: {**store.get(key, {}), **entry}})" in repaired(text, unsafe=True)


def test_a_finding_that_is_not_certain_gets_no_safe_fix() -> None:
    text = code(
        """
        def handle(path, key, request):
            entry = load_session_store(path)[key]
            last_to = request.to or entry.get("to")

            def mutator(store):
                store[key]["to"] = last_to

            update_session_store(path, mutator)
        """
    )
    (finding,) = findings(text)
    assert finding.fix is not None
    assert (finding.code, finding.confidence) == ("RMW104", "medium")
    assert (finding.fix.safety, finding.fix.reasons) == (
        Safety.UNSAFE,
        ("the finding itself is not certain",),
    )
    assert judge_fix(text, repaired(text, unsafe=True)).holds


TWO = code(
    """
    def handle_one(path, key, request):
        entry = load_session_store(path)[key]

        def mutator(store):
            store[key] = {**entry, "label": request.label}

        update_session_store(path, mutator)


    def handle_two(path, key, request):
        count = load_session_store(path)[key]["count"] + 1
        with locked_session_store(path) as store:
            store[key]["count"] = count
    """
)


def test_several_findings_are_fixed_in_one_go() -> None:
    result = apply_fixes(Source.from_text(TWO, "handler.py"))
    assert [f.code for f in result.fixed] == ["RMW101", "RMW103"]
    assert result.remaining == ()
    assert judge_fix(TWO, result.text).holds


def test_a_finding_the_caller_hides_is_left_alone() -> None:
    result = apply_fixes(Source.from_text(TWO, "handler.py"), keep=lambda f: f.code == "RMW103")
    assert [f.code for f in result.fixed] == ["RMW103"]
    assert [f.code for f in result.remaining] == ["RMW101"]


@pytest.mark.parametrize("seed", range(30_000, 30_120))
def test_every_safe_fix_of_a_generated_program_holds(seed: int) -> None:
    program = generate(seed)
    for finding in findings(program.source):
        if finding.fix is not None and finding.fix.safety is Safety.SAFE:
            fixed = Source.from_text(program.source, "handler.py").apply(finding.fix.edits)
            assert judge_fix(program.source, fixed).difference is None


@pytest.mark.parametrize(
    "section",
    [
        """
            def mutator(store, nxt={**entry, "label": request.label}):
                store[key] = nxt

            update_session_store(path, mutator)
        """,
        """
            update_session_store(
                path, lambda store, nxt={**entry, "label": request.label}: store.update({key: nxt})
            )
        """,
        """
            @session_mutator(path)
            def rename(store, nxt):
                store[key] = nxt

            rename(
                {
                    **entry,
                    "label": request.label,
                }
            )
        """,
    ],
    ids=["default", "default of a lambda", "argument of a locked function"],
)
def test_what_a_mutator_is_handed_is_built_inside(section: str) -> None:
    text = code("def handle(path, key, request):\n    entry = load_session_entry(key).entry\n") + indent(
        dedent(section), "    "
    )
    fixed = repaired(text)
    assert "        nxt = {" in fixed
    assert "entry = load_session_entry" not in fixed
    assert judge_fix(text, fixed).holds


def test_what_a_mutator_is_handed_stays_where_it_means_something_else_inside() -> None:
    (finding,) = findings(
        code(
            """
            def handle(path, key, request):
                entry = load_session_entry(key).entry
                label = request.label

                @session_mutator(path)
                def rename(store, nxt, label):
                    store[key] = {**nxt, "model": label}

                rename({**entry, "label": label}, request.model)
            """
        )
    )
    assert finding.fix is not None
    assert finding.fix.reasons == ("'label' means something else inside the mutator",)
