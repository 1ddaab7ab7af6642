"""A field is set, or added to, from a value read before the section.

## What it does

Finds a field or element of the fresh entry that is assigned, incremented or appended to with a value computed from
an earlier read of the same store: a counter, a toggle, a trimmed history, a difference.

## Why is this bad?

Two writers that both read 3 both write 4. Increments, history rows and toggles of others disappear.

## Known problems

A field computed from *another* field of the earlier read (medium confidence) is right as long as no writer changes
both fields together. Which fields an entry has, and under which keys a store has entries, counts as no data: a list of
those names written into a field is not reported.

## Example

```python
def bump(path, key):
    count = load_session_entry(key).entry["count"] + 1

    def mutator(store):
        store[key]["count"] = count

    update_session_store(path, mutator)
```

## Use instead

```python
def bump(path, key):
    def mutator(store):
        store[key]["count"] += 1

    update_session_store(path, mutator)
```
"""

from collections.abc import Iterator

from lint_rmw.finding import Severity
from lint_rmw.flow.facts import Facts, Kind, Loss
from lint_rmw.rule import Objection, certain, rule, surest


@rule("RMW103", Severity.ERROR)
def check(facts: Facts) -> Iterator[Objection]:
    for write in facts.writes:
        losses = certain(write)
        confidence = surest(losses, _start)
        if confidence is not None and write.kind in (Kind.FIELD, Kind.ACCUMULATE):
            done = "is added to" if write.kind is Kind.ACCUMULATE else "is set"
            yield Objection(
                write,
                confidence,
                f"field of the fresh {{fresh}} {done} at {{write}} from the entry read at {{read}}",
                losses,
            )


def _start(loss: Loss) -> int:
    """Another field is less certain than the same one; what an entry was handed to whole may read either, and costs a level itself."""
    return 3 if loss.same_field or (loss.hops and len(loss.label.where) < 2) else 2
