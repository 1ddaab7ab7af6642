"""Stale data is laid over the fresh entry and wins.

## What it does

Finds an overlay (`{**fresh, **patch}`, `|`, `fresh.update(patch)`, `replace`, `model_copy`, a returned patch) in which
some key of the winning side was read from the same store before the section.

## Why is this bad?

The code looks right, for it reads the fresh entry. But every key in the patch that was copied from the earlier read
puts the old value back, and a key that was missing then is written as `None`.

## Known problems

An unknown function that is handed the fresh entry and the stale value is taken to let its last argument win.

`fresh["x"].update(old["x"])` and `|` may be those of a set, which only grows: they are reported where the file uses
fields of that name as mappings, or where the name is usual for one (`meta`, `options`, `headers` and the like).

## Example

```python
def relabel(path, key, label):
    entry = load_session_entry(key).entry
    patch = {"label": label, "model": entry["model"]}
    update_session_store(path, lambda store: store.update({key: {**store[key], **patch}}))
```

## Use instead

```python
def relabel(path, key, label):
    patch = {"label": label}
    update_session_store(path, lambda store: store.update({key: {**store[key], **patch}}))
```
"""

from collections.abc import Iterator

from lint_rmw.finding import Severity
from lint_rmw.flow.facts import Facts, Kind
from lint_rmw.rule import Objection, certain, replaces_entry, rule, surest


@rule("RMW102", Severity.ERROR)
def check(facts: Facts) -> Iterator[Objection]:
    for write in facts.writes:
        losses = certain(write)
        confidence = surest(losses)
        if confidence is not None and write.kind in (Kind.OVERLAY, Kind.WHOLE) and not replaces_entry(write):
            yield Objection(
                write,
                confidence,
                "entry read at {read} is merged over the fresh {fresh} at {write} and wins",
                losses,
            )
