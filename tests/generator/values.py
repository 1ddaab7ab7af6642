"""What a handler writes: recipes that make an entry, a patch, a field or an amount from a root entry and a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Shape = Literal["entry", "patch", "field", "amount", "item"]
Built = tuple[list[str], str]


@dataclass(frozen=True)
class Recipe:
    """Makes statements and a final expression from the names of the root entry and of the request.

    `field` is the field that a value of shape `field`, `amount` or `item` belongs to; `use` names how the root is
    used, `request` if it is not.
    """

    name: str
    shape: Shape
    use: str
    build: Callable[[str, str], Built]
    field: str = ""
    mutates_root: bool = False


def _expression(template: str) -> Callable[[str, str], Built]:
    return lambda root, request: ([], template.replace("R", root).replace("Q", request))


def _statements(*templates: str) -> Callable[[str, str], Built]:
    def build(root: str, request: str) -> Built:
        lines = [line.replace("R", root).replace("Q", request) for line in templates]
        return lines[:-1], lines[-1]

    return build


def _entry(name: str, use: str, *templates: str, mutates_root: bool = False) -> Recipe:
    return Recipe(name, "entry", use, _statements(*templates), mutates_root=mutates_root)


def _patch(name: str, use: str, *templates: str) -> Recipe:
    return Recipe(name, "patch", use, _statements(*templates))


def _field(field: str, name: str, use: str, template: str) -> Recipe:
    return Recipe(name, "field", use, _expression(template), field)


_ALL = (
    _entry("alias", "copy", "R"),
    _entry("spread", "copy", '{**R, "label": Q.label}'),
    _entry("dict-then-set", "mutated copy", "draft = dict(R)", 'draft["label"] = Q.label', "draft"),
    _entry("dict-keyword", "copy", "dict(R, note=Q.note)"),
    _entry("union", "merge", 'R | {"label": Q.label}'),
    _entry("deepcopy", "mutated copy", "draft = copy.deepcopy(R)", 'draft["note"] = Q.note', "draft"),
    _entry("copy-method", "mutated copy", "draft = R.copy()", "draft.update(label=Q.label)", "draft"),
    _entry(
        "picked",
        "copy",
        '{"session_id": R["session_id"], "label": Q.label, "model": R.get("model"), "count": R["count"]}',
    ),
    _entry("entry-fallback", "fallback", '{**R, "to": Q.to or R.get("to")}'),
    _entry("comprehension", "copy", '{name: item for name, item in R.items() if name != "note"}'),
    _entry("json", "copy", "draft = json.loads(json.dumps(R))", 'draft["label"] = Q.label', "draft"),
    _entry("in-place", "mutated in place", 'R["label"] = Q.label', "R", mutates_root=True),
    _entry("in-place-list", "mutated in place", 'R["tags"].append(Q.tag)', "R", mutates_root=True),
    _entry("entry-own", "own", '{**R, "count": R["count"] + Q.amount}'),
    _entry(
        "loop",
        "copy",
        "draft = {}",
        "for name in R:",
        "    draft[name] = R[name]",
        'draft["note"] = Q.note',
        "draft",
    ),
    _entry(
        "branch", "mutated copy", "draft = dict(R)", "if Q.label:", '    draft["label"] = Q.label', "draft"
    ),
    _entry("reversed-spread", "copy", '{"note": "unset", **R, "label": Q.label}'),
    _entry("blind", "request", '{"session_id": Q.session_id, "label": Q.label, "count": Q.amount}'),
    _patch("patch-copy", "copy", '{"label": Q.label, "model": R.get("model")}'),
    _patch("patch-fallback", "fallback", '{"to": Q.to or R.get("to")}'),
    _patch("patch-ternary", "fallback", '{"to": Q.to if Q.to else R.get("to"), "note": Q.note}'),
    _patch("patch-own", "own", '{"count": R["count"] + Q.amount}'),
    _patch("patch-cross", "cross", '{"last_to": R.get("to")}'),
    _patch("patch-list", "own", '{"tags": [*R["tags"], Q.tag]}'),
    _patch("patch-trimmed", "own", 'lines = R["history"] + [Q.text]', '{"history": lines[-3:]}'),
    _patch("patch-toggle", "own", '{"enabled": not R["enabled"]}'),
    _patch("patch-filtered", "copy", '{name: R[name] for name in ("model", "to") if name in R}'),
    _patch(
        "patch-loop",
        "copy",
        'draft = {"label": Q.label}',
        'for name in ("note", "tokens"):',
        "    if R.get(name):",
        "        draft[name] = R[name]",
        "draft",
    ),
    _patch(
        "patch-branch",
        "fallback",
        'draft = {"note": Q.note}',
        "if Q.label:",
        '    draft["label"] = Q.label',
        "else:",
        '    draft["label"] = R["label"]',
        "draft",
    ),
    _patch("patch-dict", "copy", 'dict(label=Q.label, tokens=R["tokens"])'),
    _patch(
        "patch-dropped",
        "request",
        'draft = {"label": Q.label, "model": R.get("model")}',
        '{"label": draft["label"]}',
    ),
    _patch("patch-request", "request", '{"label": Q.label, "model": Q.model}'),
    _patch("patch-request-dict", "request", "dict(Q.patch)"),
    _patch("patch-request-loop", "request", "{name: Q.patch[name] for name in Q.patch}"),
    _patch(
        "patch-minted", "request", '{"session_id": str(uuid.uuid4()), "updated_at": int(time.time() * 1000)}'
    ),
    _field("count", "field-own", "own", 'R["count"] + Q.amount'),
    _field("tokens", "field-own-scaled", "own", 'R["tokens"] + 3 * Q.amount'),
    _field("enabled", "field-toggle", "own", 'not R["enabled"]'),
    _field("label", "field-text", "own", "f\"{R['label']}/{Q.tag}\""),
    _field("tags", "field-list", "own", '[*R["tags"], Q.tag]'),
    _field("history", "field-trimmed", "own", '(R["history"] + [Q.text])[-3:]'),
    _field("meta", "field-nested", "own", '{**R["meta"], "mode": Q.label}'),
    _field("model", "field-copy", "copy", 'R.get("model")'),
    _field("last_to", "field-cross", "cross", 'R.get("to")'),
    _field("left", "field-difference", "cross", 'Q.limit - R["count"]'),
    _field("to", "field-fallback", "fallback", 'Q.to or R.get("to")'),
    _field("label", "field-request", "request", "Q.label"),
    _field("tags", "field-request-list", "request", "sorted(Q.tags)"),
    _field("updated_at", "field-minted", "request", "int(time.time() * 1000)"),
    Recipe("delta", "amount", "cross", _expression('Q.limit - R["count"]'), "left"),
    Recipe("doubled", "amount", "own", _expression('R["count"]'), "count"),
    Recipe("amount-request", "amount", "request", _expression("Q.amount"), "count"),
    Recipe("amount-length", "amount", "request", _expression("len(Q.tags)"), "tokens"),
    Recipe("item-cross", "item", "cross", _expression('R["label"]'), "history"),
    Recipe("item-request", "item", "request", _expression("Q.text"), "history"),
    Recipe("item-tag", "item", "request", _expression("Q.tag"), "tags"),
)

RECIPES: Mapping[str, Recipe] = {recipe.name: recipe for recipe in _ALL}
"""Every recipe by name. A root is always read as a dict whose fields of `scenes.SPARSE` exist."""


def uses_root(recipe: Recipe) -> bool:
    """Whether the written value depends on the root."""
    return recipe.use != "request"
