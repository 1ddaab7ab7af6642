"""Stale data wins where another operand is empty.

## What it does

Finds a write in a section whose value falls back to an earlier read of the same store: `request.to or entry["to"]`,
`store.get(key) or entry`, `value if value is not None else entry["x"]`. `entry["x"] and value` is the old field
itself where that is empty.

## Why is this bad?

Most runs take the first operand and are right. The others put the old field back over a newer one, or bring an entry
back to life that another writer deleted.

## Known problems

`fresh["x"] or entry["x"]` fills in only what the fresh entry lacks and is left alone, although an entry that was
deleted and made anew meanwhile gets the old field.

## Example

```python
def route(path, key, to):
    entry = load_session_entry(key).entry
    last_to = to or entry["last_to"]

    def mutator(store):
        store[key]["last_to"] = last_to

    update_session_store(path, mutator)
```

## Use instead

```python
def route(path, key, to):
    def mutator(store):
        store[key]["last_to"] = to or store[key]["last_to"]

    update_session_store(path, mutator)
```
"""

from collections.abc import Iterator

from lint_rmw.finding import Severity
from lint_rmw.flow.facts import Facts
from lint_rmw.rule import Objection, level, only_fallback, outside, rule


@rule("RMW104", Severity.WARNING)
def check(facts: Facts) -> Iterator[Objection]:
    for write in facts.writes:
        losses = outside(write)
        if not losses or not only_fallback(losses):
            continue
        confidence = level(max(1, min(loss.hops for loss in losses)))
        if confidence is not None:
            yield Objection(
                write,
                confidence,
                "entry read at {read} fills in at {write} where another value is empty; the fresh {fresh} is not used",
                losses,
            )
