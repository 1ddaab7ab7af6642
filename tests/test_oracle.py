"""What the judge must say of handlers whose verdict is known, and that both of its stores say the same."""

from __future__ import annotations

import signal

import pytest

from tests import stage
from tests.generator import generate
from tests.known_handlers import BAD, IMPORTS, OK
from tests.oracle import EndlessRun, UnknownParameter, equivalent_alone, judge, judge_fix


@pytest.mark.parametrize("case", BAD)
def test_a_stale_write_is_anomalous(case: str) -> None:
    severity, source = BAD[case]
    verdict = judge(IMPORTS + source)
    assert (verdict.anomalous, verdict.severity) == (True, severity)
    assert verdict.witness is not None
    assert verdict.witness.writer in verdict.breaking


@pytest.mark.parametrize("case", OK)
def test_a_right_handler_is_not(case: str) -> None:
    verdict = judge(IMPORTS + OK[case])
    assert verdict.breaking == frozenset(), verdict.witness and verdict.witness.story()
    assert not [error for error in verdict["handle"].errors if error[0] == "rich"]


SAMPLE = [source for _, source in list(BAD.values())[::4]] + list(OK.values())[::4]


@pytest.mark.parametrize(
    "source", [*(IMPORTS + each for each in SAMPLE), *(generate(n).source for n in range(8))]
)
def test_the_model_says_what_the_reference_store_says(source: str) -> None:
    assert judge(source, backend="model") == judge(source, backend="reference")


def test_each_handler_of_a_file_is_judged() -> None:
    bad = BAD["counter raised outside (V5)"][1].replace("def handle(", "def handle_raise(")
    verdict = judge(IMPORTS + bad + OK["no write"])
    assert list(verdict.handlers) == ["handle_raise", "handle"]
    assert verdict["handle_raise"].anomalous
    assert not verdict["handle"].anomalous
    assert verdict.severity == "S2"
    assert verdict["handle_raise"].touched == {"count"}


def test_the_writer_is_tried_at_every_lock() -> None:
    source = """
def handle(path, key):
    update_session_store(path, lambda store: store[key].update(note="seen"))
    entry = load_session_store(path)[key]
    update_session_store(path, lambda store: store.update({key: entry}))
"""
    verdict = judge(IMPORTS + source)
    assert verdict.severity == "S1"
    assert verdict.witness is not None
    assert verdict.witness.schedule == 1


def test_a_cache_stale_from_the_start_is_a_schedule_of_its_own() -> None:
    verdict = judge(IMPORTS + BAD["cached reader in the section (V9)"][1])
    assert verdict.witness is not None
    assert verdict.witness.schedule == "stale"
    assert "cache stale from the start" in verdict.witness.story()


def test_clocks_and_ids_repeat() -> None:
    source = """
def handle(path, key):
    stamp = (time.time(), str(uuid.uuid4()), datetime.now().isoformat(), time.time_ns())
    update_session_store(path, lambda store: store[key].update(note=list(stamp)))
    return stamp
"""
    assert judge(IMPORTS + source).breaking == frozenset()
    assert equivalent_alone(IMPORTS + source, IMPORTS + source) is None


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(UnknownParameter, match="handle: no argument for parameter 'mystery'"):
        judge("def handle(path, mystery): pass")
    assert not judge("def handle(path, mystery=1): pass").anomalous


@pytest.mark.parametrize(
    ("written", "breaking", "severity"),
    [
        ('if not store[key].get("note"): store[key]["last_to"] = entry.get("to")', "some-fields", "S2"),
        ('store[key]["count"] = max(store[key]["count"], entry["count"] + 5)', "step", "S2"),
        (
            'if store[key]["meta"].get("theme") == entry["meta"].get("theme"):'
            ' store[key]["meta"] = {**entry["meta"], "mode": "seen"}',
            "add-part",
            "S2",
        ),
        ('if store[key].get("note") is None: store[key]["note"] = entry.get("note")', "clear", "S3"),
        ('if entry.get("note") is not None: store[key]["note"] = "seen"', "clear", "S3"),
    ],
)
def test_a_loss_that_only_a_gentle_writer_shows(written: str, breaking: str, severity: str) -> None:
    verdict = judge(f"""{IMPORTS}
def handle(path, key):
    entry = load_session_entry(key).entry
    if entry is None:
        return
    def mutator(store):
        {written}
    update_session_store(path, mutator)
""")
    assert (verdict.breaking, verdict.severity) == (frozenset({breaking}), severity)


def test_a_file_without_handlers_is_refused() -> None:
    with pytest.raises(ValueError, match="no function named handle"):
        judge("def other(path): pass")


@pytest.mark.parametrize(
    "source",
    [
        "def handle(path):\n    while True:\n        try:\n            pass\n        except Exception:\n            pass",
        "async def handle(path):\n    while True:\n        await asyncio.sleep(0)",
        "async def handle(path):\n    await asyncio.Future()",
    ],
)
def test_an_endless_handler_is_stopped(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "LIMIT_SECONDS", 0.2)
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(EndlessRun):
        judge(IMPORTS + source)
    assert signal.getsignal(signal.SIGALRM) is before
    after = "async def handle(path):\n    await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))"
    assert not judge(IMPORTS + after).anomalous


def test_an_exception_that_wrote_nothing_is_a_refusal() -> None:
    source = """
def handle(path, key, request):
    entry = load_session_store(path)[key]
    def mutator(store):
        store[key]["label"] = request.label
        if store[key]["version"] != entry["version"]:
            raise ValueError("moved")
    update_session_store(path, mutator)
"""
    assert not judge(IMPORTS + source).anomalous


FIELD = OK["run results (C11)"]


def test_a_right_fix_is_proved() -> None:
    original = BAD["captured entry changed inside (V2c)"][1]
    fixed = original.replace('entry["label"] =', 'entry = store[key]\n        entry["label"] =')
    proof = judge_fix(IMPORTS + original, IMPORTS + fixed)
    assert proof.holds, proof.difference


def test_a_fix_that_leaves_the_race_is_refused() -> None:
    original = BAD["captured entry changed inside (V2c)"][1]
    fixed = original.replace("store[key] = entry", "store[key] = dict(entry)")
    assert equivalent_alone(IMPORTS + original, IMPORTS + fixed) is None
    assert "still broken" in str(judge_fix(IMPORTS + original, IMPORTS + fixed).difference)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("patch_session(path, key, {'note': 'more'})", "store"),
        ("return 1", "result"),
        ("raise KeyError(key)", "exception"),
        ("print('hello')", "output"),
        ("request.label = 1", "arguments"),
    ],
)
def test_a_change_of_the_undisturbed_run_is_told(statement: str, what: str) -> None:
    original = IMPORTS + FIELD
    changed = f"{original.rstrip()}\n    {statement}\n"
    assert f": {what} was" in str(equivalent_alone(original, changed))
    assert not judge_fix(original, changed).holds


def test_a_fix_may_not_rename_the_handler() -> None:
    assert "handlers" in str(
        judge_fix(IMPORTS + FIELD, IMPORTS + FIELD.replace("handle(", "handle_it(")).difference
    )
