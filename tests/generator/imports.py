"""The top of a generated file: a docstring, and the imports that its body needs."""

from __future__ import annotations

import re

IMPORTS = (
    "import asyncio",
    "import base64",
    "import bisect",
    "import collections",
    "import contextvars",
    "import copy",
    "import dataclasses",
    "import functools",
    "import heapq",
    "import html",
    "import io",
    "import itertools",
    "import json",
    "import logging",
    "import operator",
    "import queue",
    "import re",
    "import string",
    "import textwrap",
    "import time",
    "import typing",
    "import uuid",
)
STORE_NAMES = (
    "load_session_entry",
    "load_session_entry_async",
    "load_session_store",
    "locked_session_store",
    "locked_session_store_async",
    "merge_entry",
    "save_session_store",
    "session_mutator",
    "update_session_store",
    "update_session_store_async",
    "update_session_store_entry",
    "update_session_store_entry_async",
)


def assembled(docstring: str, body: list[str]) -> list[str]:
    """Returns a whole file: the docstring, the imports the body needs, then the body."""
    text = "\n".join(body)
    words = set(re.findall(r"\w+", text))
    modules = [line for line in IMPORTS if f"{line.split()[1]}." in text]
    names = [name for name in STORE_NAMES if name in words]
    imports = [f"from fixtures.session_store import {', '.join(names)}"] if names else []
    logger = ["", "logger = logging.getLogger(__name__)"] if "logger." in text else []
    if logger and "import logging" not in modules:
        modules.append("import logging")
    gap = [""] if modules else []
    return _spaced([f'"""{docstring}"""', "", *modules, *gap, *imports, *logger, "", "", *body])


def _spaced(lines: list[str]) -> list[str]:
    """Drops the third and further blank lines of a row, and sets off a nested definition."""
    kept: list[str] = []
    for line in lines:
        if not line and kept[-2:] == ["", ""]:
            continue
        kept.append(line)
    return kept
