"""A whole entry built outside covers one that nobody looked at.

## What it does

Finds a section that is handed the fresh store and writes a whole entry which was built before it from no read at
all, under a key that was not minted here, while the fresh entry under that key is never looked at.

## Why is this bad?

It is no race: it erases what others stored under the key every time, not only when two writers meet. Often the entry
was meant to be merged, or to be made only where none exists.

## Known problems

Where an entry is meant to be replaced whole (a reset, an import), this is a false alarm: say so in a suppression.

## Example

```python
def register(path, key, label):
    entry = {"label": label, "count": 0}
    update_session_store(path, lambda store: store.update({key: entry}))
```

## Use instead

```python
def register(path, key, label):
    entry = {"label": label, "count": 0}
    update_session_store(path, lambda store: store.setdefault(key, entry))
```
"""

from collections.abc import Iterator

from lint_rmw.finding import Confidence, Severity
from lint_rmw.flow.facts import Facts
from lint_rmw.rule import Objection, rule


@rule("RMW105", Severity.WARNING)
def check(facts: Facts) -> Iterator[Objection]:
    for write in facts.writes:
        if write.blind:
            yield Objection(
                write,
                Confidence.MEDIUM,
                "entry built outside the section is written whole at {write}; the fresh {fresh} is not looked at",
                (),
            )
