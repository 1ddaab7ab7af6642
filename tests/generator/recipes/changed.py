"""Recipes that change the root itself, most of them under another name: a part of it, a kept method, a function."""

from __future__ import annotations

from tests.generator.recipe import Recipe, entry_from, field_from

CHANGED: tuple[Recipe, ...] = (
    entry_from("in-place", "mutated in place", 'R["label"] = Q.label', "R", mutates_root=True),
    entry_from("in-place-list", "mutated in place", 'R["tags"].append(Q.tag)', "R", mutates_root=True),
    entry_from(
        "setitem-function",
        "mutated in place",
        'operator.setitem(R, "label", Q.label)',
        "R",
        mutates_root=True,
    ),
    entry_from("dropped-field", "mutated in place", 'R.pop("note", None)', "R", mutates_root=True),
    entry_from(
        "second-name", "by another name", "draft = R", 'draft["label"] = Q.label', "R", mutates_root=True
    ),
    entry_from(
        "part", "by another name", 'meta = R["meta"]', 'meta["theme"] = Q.label', "R", mutates_root=True
    ),
    entry_from(
        "part-setdefault",
        "by another name",
        'R.setdefault("meta", {})["theme"] = Q.label',
        "R",
        mutates_root=True,
    ),
    entry_from(
        "part-walrus",
        "by another name",
        'if (meta := R.get("meta")) is not None:',
        '    meta["theme"] = Q.label',
        "R",
        mutates_root=True,
    ),
    entry_from(
        "parts-unpacked",
        "by another name",
        'meta, tags = R["meta"], R["tags"]',
        'meta["theme"] = Q.label',
        "tags.append(Q.tag)",
        "R",
        mutates_root=True,
    ),
    entry_from(
        "part-augmented", "by another name", 'tags = R["tags"]', "tags += [Q.tag]", "R", mutates_root=True
    ),
    entry_from(
        "part-sliced",
        "mutated in place",
        'R["history"][:] = [*R["history"], Q.text][-3:]',
        "R",
        mutates_root=True,
    ),
    entry_from(
        "parts-loop",
        "by another name",
        'for part in (R["tags"], R["history"]):',
        "    part.append(Q.text)",
        "R",
        mutates_root=True,
    ),
    entry_from(
        "values-loop",
        "by another name",
        "for part in R.values():",
        "    if isinstance(part, list):",
        "        part.append(Q.text)",
        "R",
        mutates_root=True,
    ),
    entry_from(
        "items-loop",
        "by another name",
        "for name, part in R.items():",
        '    if name == "meta":',
        '        part["theme"] = Q.label',
        "R",
        mutates_root=True,
    ),
    entry_from(
        "in-place-comprehension",
        "mutated in place",
        '[R["tags"].append(tag) for tag in Q.tags]',
        "R",
        mutates_root=True,
    ),
    entry_from(
        "bound-append", "by another name", 'add = R["tags"].append', "add(Q.tag)", "R", mutates_root=True
    ),
    entry_from(
        "bound-update", "by another name", "renew = R.update", "renew(label=Q.label)", "R", mutates_root=True
    ),
    entry_from(
        "inner-function",
        "by a function",
        "def relabel(one):",
        '    one["label"] = Q.label',
        "relabel(R)",
        "R",
        mutates_root=True,
    ),
    entry_from(
        "inner-closure",
        "by a function",
        "def relabel():",
        '    R["label"] = Q.label',
        "relabel()",
        "R",
        mutates_root=True,
    ),
    entry_from(
        "file-function",
        "by a function",
        "_relabel(R, Q.label)",
        "R",
        mutates_root=True,
        module=("def _relabel(one, label):", '    one["label"] = label'),
    ),
    entry_from(
        "file-function-part",
        "by a function",
        '_add_to(R["tags"], Q.tag)',
        "R",
        mutates_root=True,
        module=("def _add_to(several, one):", "    several.append(one)"),
    ),
    field_from(
        "tags", "field-part", "own", 'tags = R["tags"]', "tags.append(Q.tag)", "tags", mutates_root=True
    ),
    field_from(
        "meta",
        "field-part-dict",
        "own",
        'meta = R["meta"]',
        'meta["theme"] = Q.label',
        "meta",
        mutates_root=True,
    ),
    field_from(
        "history",
        "field-part-bound",
        "own",
        'add = R["history"].append',
        "add(Q.text)",
        'R["history"]',
        mutates_root=True,
    ),
    field_from("tags", "field-part-copied", "own", 'tags = R["tags"][:]', "tags.append(Q.tag)", "tags"),
    field_from("tags", "field-part-list", "own", 'tags = list(R["tags"])', "tags.append(Q.tag)", "tags"),
    field_from(
        "meta", "field-part-copy", "own", 'meta = copy.copy(R["meta"])', 'meta["theme"] = Q.label', "meta"
    ),
)
"""All of them. A name that is bound here is none that the program itself may have chosen."""
