"""One TOML file of settings: read without waiting for pipes or devices, and decoded as editors leave it behind."""

from __future__ import annotations

import codecs
import errno
import stat
import tomllib
from pathlib import Path
from typing import Any

_MOST_BYTES = 10_000_000


def read_settings(file: Path) -> bytes:
    """The bytes of the file; raises `OSError`, also where it is a pipe, or has no end."""
    if stat.S_ISFIFO(file.stat().st_mode):
        raise OSError(errno.EINVAL, "is a pipe")
    with file.open("rb") as opened:
        data = opened.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise OSError(errno.EFBIG, f"larger than {_MOST_BYTES // 10**6} MB")
    return data


def is_utf16(data: bytes) -> bool:
    """Whether the bytes are marked as UTF-16, in which no word of ours would be found."""
    return data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def parse_settings(data: bytes) -> dict[str, Any]:
    """The tables of the file, a byte order mark passed over; raises `ValueError` where it is not TOML."""
    if is_utf16(data):
        raise ValueError("it is UTF-16, but TOML has to be UTF-8")
    return tomllib.loads(data.decode("utf-8-sig"))
