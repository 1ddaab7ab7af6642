"""Random handlers for the judge and the linter: seeded programs, rewrites that keep a verdict, flips that change it."""

from .program import Program, flips, generate
from .rewrites import rewrites

__all__ = ["Program", "flips", "generate", "rewrites"]
