"""How the JSON reports are spelled: pure ASCII, so that any stream can carry them, in text every parser accepts."""

from __future__ import annotations

import json
import re

# A file name that is not valid in its encoding reaches Python as lone surrogates, which strict JSON parsers refuse.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def to_json(value: object) -> str:
    """The value as indented JSON with a line end behind it; lone surrogates become U+FFFD."""
    text = json.dumps(value, ensure_ascii=False)
    if _LONE_SURROGATE.search(text):
        value = json.loads(_LONE_SURROGATE.sub("\ufffd", text))
    return json.dumps(value, indent=2) + "\n"
