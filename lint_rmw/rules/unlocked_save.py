"""A store is loaded, changed and saved with no section around both.

## What it does

Finds a save of a whole store whose value was loaded from the same store before, outside any lock, transaction or
updater of it.

## Why is this bad?

The save puts back everything that was loaded: not one field but every other entry of the store too. A lock around
the save alone, inside the saving function, changes nothing.

## Known problems

A program that is the only writer of its store (a migration, a start-up step, a test) is reported all the same: say so
in a suppression. Where no `await` and no I/O stands between load and save, tasks of one event loop cannot interleave.

## Example

```python
def rename(path, key, label):
    store = load_session_store(path)
    store[key]["label"] = label
    save_session_store(path, store)
```

## Use instead

```python
def rename(path, key, label):
    def mutator(store):
        store[key]["label"] = label

    update_session_store(path, mutator)
```
"""

from collections.abc import Iterator

from lint_rmw.finding import Severity
from lint_rmw.flow.facts import Facts
from lint_rmw.rule import Objection, level, rule


@rule("RMW301", Severity.ERROR)
def check(facts: Facts) -> Iterator[Objection]:
    for write in facts.writes:
        if write.section.form != "none" or not write.losses:
            continue
        confidence = level(max(1, min(loss.hops for loss in write.losses)))
        what = "entry" if write.where else "store"
        if confidence is not None:
            yield Objection(
                write,
                confidence,
                f"{what} read at {{read}} is saved whole at {{write}} with no section around both",
                write.losses,
            )
