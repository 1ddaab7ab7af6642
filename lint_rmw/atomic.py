"""A file is replaced whole or not at all: written beside its target, given its mode, then renamed over it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path


class ChangedMeanwhile(OSError):
    """The file is no longer what was read from it, so it was left alone."""


def replace_file(path: Path, data: bytes, *, expected: bytes | None = None) -> None:
    """Writes `data` to `path`; a link stays a link and its target is replaced, the mode stays.

    With `expected`, raises `ChangedMeanwhile` unless the file still holds exactly that. A path that is not a regular
    file (a device, a pipe) is written to directly. Raises `OSError`; nothing half-written is left behind.
    """
    target = Path(os.path.realpath(path))
    try:
        status: os.stat_result | None = target.stat()
    except FileNotFoundError:
        status = None
    if status is not None and not stat.S_ISREG(status.st_mode):
        with target.open("wb") as device:
            device.write(data)
        return
    if status is not None and not os.access(target, os.W_OK):
        # A rename asks for leave to write to the folder only, but whoever protects a file means its content.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    descriptor, name = tempfile.mkstemp(prefix=".lint-rmw.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as temporary:
            temporary.write(data)
            temporary.flush()
            os.fsync(temporary.fileno())
        if status is not None:
            # Keeping the owner needs rights that most users lack; the mode matters more.
            with contextlib.suppress(OSError):
                os.chown(name, status.st_uid, status.st_gid)
        os.chmod(name, stat.S_IMODE(status.st_mode) if status else _default_mode())
        if expected is not None and target.read_bytes() != expected:
            raise ChangedMeanwhile(f"{path} was changed meanwhile")
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _default_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
