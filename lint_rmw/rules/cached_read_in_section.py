"""A cached read inside the section is written, though the fresh state is at hand.

## What it does

Finds a reader that may answer from a cache, called inside a section of the same store, whose value is then written.

## Why is this bad?

The lock is held, so the code looks safe. But the cache may have been filled before the lock was taken, and what was
stored since is overwritten all the same.

## Known problems

A reader that bypasses its cache under some condition only is still taken for cached: name the call that is fresh in
the store's profile.

## Example

```python
def rename(path, key, label):
    def mutator(store):
        entry = load_session_entry(key).entry
        store[key] = {**entry, "label": label}

    update_session_store(path, mutator)
```

## Use instead

```python
def rename(path, key, label):
    def mutator(store):
        entry = store.get(key)
        store[key] = {**entry, "label": label}

    update_session_store(path, mutator)
```
"""

from collections.abc import Iterator

from lint_rmw.finding import Severity
from lint_rmw.flow.facts import Facts
from lint_rmw.rule import Objection, rule, surest


@rule("RMW302", Severity.ERROR)
def check(facts: Facts) -> Iterator[Objection]:
    for write in facts.writes:
        losses = tuple(loss for loss in write.losses if loss.inside)
        confidence = surest(losses)
        if confidence is not None:
            yield Objection(
                write,
                confidence,
                "entry read from a cache at {read} is written at {write}; the fresh {fresh} is not used",
                losses,
            )
