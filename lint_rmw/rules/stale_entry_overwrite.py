"""An entry read before the section is written back whole inside it.

## What it does

Follows a value from where it was read out of a store to a section of that store that writes a whole entry, or the
whole store, with a value made from it. The section was handed the fresh state and does not use it.

## Why is this bad?

Whatever another writer stored between the read and the section is gone: every field, also those this code has no
business with. It happens only when the two overlap, raises nothing, and no test sees it.

## Known problems

A value that arrives by a parameter or attribute counts as stale when its type or name says that it is an entry
(medium confidence). Where the caller already holds the lock, or is the only writer, that is a false alarm.

## Example

```python
def rename(path, key, label):
    entry = load_session_entry(key).entry
    next_entry = {**entry, "label": label}

    def mutator(store):
        store[key] = next_entry

    update_session_store(path, mutator)
```

## Use instead

```python
def rename(path, key, label):
    def mutator(store):
        fresh_entry = store.get(key)
        next_entry = {**fresh_entry, "label": label}
        store[key] = next_entry

    update_session_store(path, mutator)
```
"""

from collections.abc import Iterator

from lint_rmw.finding import Severity
from lint_rmw.flow.facts import Facts
from lint_rmw.rule import Objection, certain, replaces_entry, rule, surest


@rule("RMW101", Severity.ERROR)
def check(facts: Facts) -> Iterator[Objection]:
    for write in facts.writes:
        losses = certain(write)
        confidence = surest(losses)
        if confidence is not None and replaces_entry(write):
            what = "entry" if write.where else "store"
            yield Objection(
                write,
                confidence,
                f"{what} read at {{read}} is written whole at {{write}}; the fresh {{fresh}} is not used",
                losses,
            )
