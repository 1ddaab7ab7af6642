"""How a value gets into a section and is written there: kinds of section, of capture and of write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.generator.layers import LAYERS, layered, layers
from tests.generator.recipe import Recipe, Shape
from tests.generator.selections import SELECTIONS, few, few_of, selected
from tests.generator.text import MARK, Names, block, indented

CALLBACKS = ("callback", "entry", "async-callback", "async-entry")
SECTIONS = (*CALLBACKS, "with", "decorator", "async-with", "unlocked")
CAPTURES = (
    "def",
    "lambda",
    "default",
    "partial",
    "method",
    "callable",
    "factory",
    "nested",
    "local-factory",
    "argument",
)

WRITES: Mapping[Shape, tuple[str, ...]] = {
    "entry": ("setitem", "update", "ior", "dunder", "operator", "copied"),
    "patch": ("overlay", "union", "update-method", "ior-entry", "items-loop", "merge-entry", "fresh-wins"),
    "field": ("set", "keyword", "by-local", "update-dict", "join"),
    "amount": ("augment", "spelled-out"),
    "item": ("append", "extend"),
}
EXPRESSIONS: Mapping[Shape, tuple[str, ...]] = {
    "entry": ("update", "dunder", "operator", "few-of-value", "reduced-update"),
    "patch": ("update-method", "overlay-dunder", "few-of-value", "chained-update"),
    "field": ("keyword", "update-dict"),
    "amount": ("update-sum",),
    "item": ("append", "extend"),
}
"""The writes that are expressions, so that a lambda can hold them."""

MIXED: tuple[str, ...] = (*SELECTIONS, *LAYERS)
"""The writes of whole entries and of patches that take something from the fresh entry, too."""

RETURNED = ("few-of-value", "reduced", "chained")
"""Those of them that an entry updater's callback can give back."""


def is_async(section: str) -> bool:
    """Whether only a coroutine can open it."""
    return section.startswith("async")


def is_entry(section: str) -> bool:
    """Whether its callback is handed one entry and returns a patch."""
    return section.endswith("entry")


def written(recipe: Recipe, form: str, store: str, key: str, value: str) -> list[str]:
    """Returns the statements that write `value` into a store of that name."""
    name, at = recipe.field, f"{store}[{key}]"
    if form in SELECTIONS:
        return selected(form, at, value)
    if form in LAYERS:
        return layered(form, at, value)
    match form:
        case "setitem":
            return [f"{at} = {value}{MARK}"]
        case "copied":
            return [f"{at} = dict({value}){MARK}"]
        case "ior":
            return [f"{store} |= {{{key}: {value}}}{MARK}"]
        case "overlay":
            return [f"{at} = {{**{at}, **{value}}}{MARK}"]
        case "union":
            return [f"{at} = {at} | {value}{MARK}"]
        case "ior-entry":
            return [f"{at} |= {value}{MARK}"]
        case "items-loop":
            return [f"for name, item in {value}.items():", f"    {at}[name] = item{MARK}"]
        case "merge-entry":
            return [f"{at} = merge_entry({store}.get({key}), {value}){MARK}"]
        case "fresh-wins":
            return [f"{at} = {{**{value}, **{at}}}{MARK}"]
        case "set":
            return [f'{at}["{name}"] = {value}{MARK}']
        case "by-local":
            return [f"target = {at}", f'target["{name}"] = {value}{MARK}']
        case "join":
            return [f'{at}["{name}"] = max({at}["{name}"], {value}){MARK}']
        case "augment":
            return [f'{at}["{name}"] += {value}{MARK}']
        case "spelled-out":
            return [f'{at}["{name}"] = {at}["{name}"] + {value}{MARK}']
    return [f"{written_expression(recipe, form, store, key, value)}{MARK}"]


def written_expression(recipe: Recipe, form: str, store: str, key: str, value: str) -> str:
    """Returns the write as an expression."""
    name, at = recipe.field, f"{store}[{key}]"
    return {
        "update": f"{store}.update({{{key}: {value}}})",
        "dunder": f"{store}.__setitem__({key}, {value})",
        "operator": f"operator.setitem({store}, {key}, {value})",
        "update-method": f"{at}.update({value})",
        "overlay-dunder": f"{store}.__setitem__({key}, {{**{at}, **{value}}})",
        "keyword": f"{at}.update({name}={value})",
        "update-dict": f'{at}.update({{"{name}": {value}}})',
        "update-sum": f'{at}.update({name}={at}["{name}"] + {value})',
        "append": f'{at}["{name}"].append({value})',
        "extend": f'{at}["{name}"].extend([{value}])',
        "few-of-value": few_of(at, value),
        "reduced-update": f"{store}.update({{{key}: {layers('reduced', at, value)}}})",
        "chained-update": f"{store}.update({{{key}: {layers('chained', at, value)}}})",
    }[form]


def returned(recipe: Recipe, form: str, entry: str, value: str) -> str:
    """Returns the patch that an entry updater's callback gives back."""
    name = recipe.field
    if form in RETURNED:
        return few(value) if form in SELECTIONS else layers(form, entry, value)
    return {
        "entry": value,
        "patch": value,
        "field": f'{{"{name}": {value}}}',
        "amount": f'{{"{name}": {entry}["{name}"] + {value}}}',
        "item": f'{{"{name}": [*{entry}["{name}"], {value}]}}',
    }[recipe.shape]


@dataclass
class Outer:
    """The outer names a mutator uses, spelled as its form of capture needs them; it remembers what was asked for."""

    spelling: str = "{}"
    asked: list[str] = field(default_factory=list)

    def __call__(self, name: str) -> str:
        if name not in self.asked:
            self.asked.append(name)
        return self.spelling.format(name)


Body = Callable[[str, Outer], list[str]]
"""Makes the statements of a mutator from the name of what it is handed and the outer names."""


@dataclass(frozen=True)
class Opened:
    """A section in place: definitions at module level, and the statements of the handler that run it."""

    module: list[str]
    inside: list[str]


def opened(section: str, capture: str, names: Names, body: Body, *, coroutine: bool, result: str) -> Opened:
    """Returns the section of that kind, its mutator capturing by `capture`.

    `coroutine` makes the mutator of an async updater a coroutine function; `result` is what the handler does with the
    outcome: `"return "`, `"done = "` or nothing.
    """
    handed = names.fresh if is_entry(section) else names.store
    if section in ("with", "async-with"):
        opener = (
            "async with locked_session_store_async"
            if section == "async-with"
            else "with locked_session_store"
        )
        return Opened([], block(f"{opener}({names.path}) as {handed}:", body(handed, Outer())))
    if section == "decorator":
        return _decorated(capture, names, body, handed, result)
    define = "async def" if coroutine and is_async(section) else "def"
    module, inside, mutator = _captured(capture, names, body, handed, define)
    return Opened(module, [*inside, f"{result}{_call(section, names, mutator)}"])


def _call(section: str, names: Names, mutator: str) -> str:
    arguments = f"{names.path}, {names.key}, {mutator}" if is_entry(section) else f"{names.path}, {mutator}"
    return {
        "callback": f"update_session_store({arguments})",
        "entry": f"update_session_store_entry({arguments})",
        "async-callback": f"await update_session_store_async({arguments})",
        "async-entry": f"await update_session_store_entry_async({arguments})",
    }[section]


def _decorated(capture: str, names: Names, body: Body, handed: str, result: str) -> Opened:
    outer = Outer()
    lines = body(handed, outer)
    extra = [name for name in outer.asked if capture == "argument"]
    header = f"def {names.mutator}({', '.join([handed, *extra])}):"
    call = f"{result}{names.mutator}({', '.join(extra)})"
    return Opened([], [f"@session_mutator({names.path})", *block(header, lines), call])


def _captured(
    capture: str, names: Names, body: Body, handed: str, define: str
) -> tuple[list[str], list[str], str]:
    outer = Outer("self.{}") if capture in ("method", "callable") else Outer()
    lines = body(handed, outer)
    asked = outer.asked
    given = ", ".join(asked)
    named = ", ".join(f"{name}={name}" for name in asked)
    mutator = names.mutator
    match capture:
        case "lambda":
            (line,) = lines
            marked = MARK if line.endswith(MARK) else ""
            text = line.removesuffix(MARK).removeprefix("return ")
            return [], [f"{mutator} = lambda {handed}: {text}{marked}"], mutator
        case "default":
            parameters = f"{handed}, {named}" if asked else handed
            return [], block(f"{define} {mutator}({parameters}):", lines), mutator
        case "partial":
            parameters = f"{handed}, {given}" if asked else handed
            module = block(f"{define} _{mutator}({parameters}):", lines)
            return module, [f"{mutator} = functools.partial(_{mutator}, {named})"], mutator
        case "method" | "callable":
            method = "apply" if capture == "method" else "__call__"
            stored = [f"self.{name} = {name}" for name in asked]
            module = block(
                "class _Change:",
                [
                    *block(f"def __init__(self, {given}):", stored),
                    "",
                    *block(f"{define} {method}(self, {handed}):", lines),
                ],
            )
            value = f"_Change({given})"
            return module, [], f"{value}.apply" if capture == "method" else value
        case "factory" | "local-factory":
            factory = [
                *block(f"def _{mutator}({given}):", block(f"{define} inner({handed}):", lines)),
                *indented(["", "return inner"]),
            ]
            if capture == "factory":
                return factory, [], f"_{mutator}({given})"
            return [], factory, f"_{mutator}({given})"
        case "nested":
            returns = any(line.lstrip().startswith("return ") and line.endswith(MARK) for line in lines)
            call = f"return put(){MARK}" if returns else "put()"
            if returns:
                # What the mutator itself gives back is what gets stored.
                lines = [line.removesuffix(MARK) for line in lines]
            return [], block(f"{define} {mutator}({handed}):", [*block("def put():", lines), call]), mutator
    return [], block(f"{define} {mutator}({handed}):", lines), mutator
