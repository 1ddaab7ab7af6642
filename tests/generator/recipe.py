"""What a recipe is: one way to make the value that a handler writes from an entry and a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Shape = Literal["entry", "patch", "field", "amount", "item"]
Built = tuple[list[str], str]


@dataclass(frozen=True)
class Recipe:
    """Makes statements and a final expression from the names of the root entry and of the request.

    `field` is the field that a value of shape `field`, `amount` or `item` belongs to; `use` names how the root is
    used, `request` if it is not; `module` are definitions that the file needs for it.
    """

    name: str
    shape: Shape
    use: str
    build: Callable[[str, str], Built]
    field: str = ""
    mutates_root: bool = False
    module: tuple[str, ...] = ()


def made_of(*templates: str) -> Callable[[str, str], Built]:
    """Returns the maker of those lines, the last one the value, in which R is the root and Q the request."""

    def build(root: str, request: str) -> Built:
        lines = [line.replace("R", root).replace("Q", request) for line in templates]
        return lines[:-1], lines[-1]

    return build


def entry_from(
    name: str, use: str, *templates: str, mutates_root: bool = False, module: tuple[str, ...] = ()
) -> Recipe:
    """Returns a recipe for a whole entry."""
    return Recipe(name, "entry", use, made_of(*templates), mutates_root=mutates_root, module=module)


def patch_from(name: str, use: str, *templates: str) -> Recipe:
    """Returns a recipe for some fields of an entry."""
    return Recipe(name, "patch", use, made_of(*templates))


def field_from(field: str, name: str, use: str, *templates: str, mutates_root: bool = False) -> Recipe:
    """Returns a recipe for the value of one field."""
    return Recipe(name, "field", use, made_of(*templates), field, mutates_root)


def uses_root(recipe: Recipe) -> bool:
    """Whether the written value depends on the root."""
    return recipe.use != "request"
