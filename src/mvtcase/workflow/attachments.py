"""Files that belong to a record (a signed form, a screenshot): kept in the case folder, named by their hash."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from mvtcase.canon import new_uuid, sha256_file
from mvtcase.errors import InputError, NotFoundError
from mvtcase_readers.regular import open_untouched, read_bounded

if TYPE_CHECKING:
    from pathlib import Path

    from mvtcase.store.folder import CaseFolder
    from mvtcase.workflow.desk import Desk

MAX_ATTACHMENT_BYTES = 256 << 20
DIGEST = re.compile(r"[0-9a-f]{64}")


def read(desk: Desk, digest: str) -> bytes:
    """Return an attachment of the case by its SHA-256. Raises `NotFoundError` when it holds none of that name."""
    with desk.open_case() as store:
        if not DIGEST.fullmatch(digest) or not store.folder.file(f"attachments/{digest}").is_file():
            raise NotFoundError("This case holds no attachment {digest}.", digest=digest)
        return read_bounded(store.folder.file(f"attachments/{digest}"), MAX_ATTACHMENT_BYTES)


def keep(folder: CaseFolder, path: Path) -> str:
    """Copy a file into the case's attachments and return its sha256; the same file twice is kept once.

    Raises `NotFoundError` when there is no such regular file and `InputError` when it is over 256 MiB.
    """
    if path.is_symlink() or not path.is_file():
        raise NotFoundError("There is no regular file {path}.", path=path)
    if path.stat().st_size > MAX_ATTACHMENT_BYTES:
        raise InputError(
            "{path} is larger than {max_attachment_bytes} MiB.",
            path=path,
            max_attachment_bytes=MAX_ATTACHMENT_BYTES >> 20,
        )
    folder.attachments.mkdir(mode=0o700, exist_ok=True)
    incoming = folder.attachments / f".incoming-{new_uuid()}"
    try:
        with (
            os.fdopen(open_untouched(path), "rb") as source,
            os.fdopen(os.open(incoming, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as target,
        ):
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        digest = sha256_file(incoming)
        incoming.replace(folder.attachments / digest)
    finally:
        incoming.unlink(missing_ok=True)
    return digest
