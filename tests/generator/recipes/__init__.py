"""The recipes we have."""

from __future__ import annotations

from collections.abc import Mapping

from tests.generator.recipe import Recipe
from tests.generator.recipes.changed import CHANGED
from tests.generator.recipes.library import LIBRARY
from tests.generator.recipes.plain import PLAIN

RECIPES: Mapping[str, Recipe] = {recipe.name: recipe for recipe in (*PLAIN, *CHANGED, *LIBRARY)}
"""Every recipe by name. A root is always read as a dict whose fields of `scenes.SPARSE` exist."""
