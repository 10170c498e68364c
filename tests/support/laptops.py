"""Examiners of two laptops: their keys, lists of these, and bundles on the way from one to the other."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mvtcase.canon import canonical_json
from mvtcase.files import regular_files
from mvtcase.keys.identities import Identity
from mvtcase.workflow import bundle_files, bundles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mvtcase.workflow.desk import Desk

    Records = dict[str, bytes]


def new_identity() -> Identity:
    """Return fresh keys of an examiner."""
    return Identity(age_secret=str(pyrage.x25519.Identity.generate()), signing_key=Ed25519PrivateKey.generate())


def keys_of(folder: Path, *desks: Desk) -> Path:
    """Write a list of the keys of some examiners."""
    path = folder / "keys.txt"
    lines = [f"{each.actor} {' '.join(each.identity.public_keys)}" for each in desks if each.identity]
    path.write_text("\n".join(["# who signs", *lines]))
    return path


def send(source: Desk, target: Desk, folder: Path, name: str, **wish: Any) -> Path:
    """Write a bundle from one laptop for the other and return where it is."""
    assert target.identity is not None
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{len(list(folder.iterdir()))}.mvtbundle"
    bundles.export(source, bundles.Wish(to=(target.identity.recipient,), name=name, output=path, **wish))
    return path


def records_of(path: Path, opens: Identity, folder: Path) -> Records:
    """Return what is in a bundle, by name."""
    folder.mkdir()
    bundle_files.unpack(path, bundle_files.read_label(path), opens, folder)
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in regular_files(folder)}


def forged(path: Path, records: Records, by: Identity, to: Identity) -> Path:
    """Write a bundle beside another one, with its label, other records, and a signature that fits."""
    theirs = {"bytes", "files", "chunks", "sealed_bytes", "chunk_bytes", "key"}
    told = {name: each for name, each in bundle_files.read_label(path).told.items() if name not in theirs}
    target = path.with_name("forged.mvtbundle")
    bundle_files.write(target, iter(records.items()), told, [to.recipient], by)
    return target


def relabelled(path: Path, by: Identity, **changes: Any) -> Path:
    """Write a bundle beside another one, with the same records and a label that says something else, signed anew."""
    label, target = bundle_files.read_label(path), path.with_name("relabelled.mvtbundle")
    text = canonical_json({**label.told, **changes}).encode()
    signature = by.signing_key.sign(bundle_files.MAGIC + text)
    end = text + signature + struct.pack(">Q", len(text)) + bundle_files.END
    target.write_bytes(path.read_bytes()[: len(bundle_files.MAGIC) + label.sealed_bytes] + end)
    return target


FOREIGN = "01a20b71-3b2c-7311-a102-8f971f426440"


def _first(records: Records, part: str) -> str:
    return next(each for each in sorted(records) if each.startswith(part))


def _adding(name: str) -> Callable[[Records], Records]:
    return lambda records: {**records, name: b"#!/bin/sh\n"}


def _beside_results(records: Records) -> Records:
    return {**records, f"{_first(records, 'scans/').rsplit('/', 1)[0]}/added.json": b"{}"}


def _swapping(part: str) -> Callable[[Records], Records]:
    return lambda records: {**records, _first(records, part): records[_first(records, part)] + b"x"}


def _without(part: str) -> Callable[[Records], Records]:
    return lambda records: {name: data for name, data in records.items() if name != _first(records, part)}


def _with_another_name(records: Records) -> Records:
    lines = [json.loads(each) for each in records["rows.jsonl"].splitlines()]
    for each in lines:
        if each["table"] == "official":
            each["row"]["name"] = "Somebody Else"
    return {**records, "rows.jsonl": b"".join(json.dumps(each).encode() + b"\n" for each in lines)}


def _with_a_row_twice(records: Records) -> Records:
    return {**records, "rows.jsonl": records["rows.jsonl"] + records["rows.jsonl"].splitlines(keepends=True)[-1]}


def _without_an_event(records: Records) -> Records:
    first, _, *rest = records["chain.jsonl"].splitlines(keepends=True)
    return {**records, "chain.jsonl": b"".join([first, *rest])}


CRAFTED: dict[str, Callable[[Records], Records]] = {
    "a way out of the folder": _adding("scans/../../../evil"),
    "an absolute path": _adding("/etc/evil"),
    "a way out behind a UUID": _adding(f"scans/{FOREIGN}/../../evil"),
    "a name that no bundle holds": _adding("case.sqlite"),
    "a name that cannot be written": _adding(f"scans/{FOREIGN}/{'x' * 5000}"),
    "a nest too deep": _adding(f"scans/{FOREIGN}/{'d/' * 80}x"),
    "files of a scan of which it holds no row": _adding(f"scans/{FOREIGN}/results/events.jsonl"),
    "evidence of nobody": _adding(f"evidence/{FOREIGN}/backup/Manifest.db"),
    "a result that its list of hashes lacks": _beside_results,
    "a result that was changed": _swapping("scans/"),
    "no result": _without("scans/"),
    "a forged manifest": _swapping("manifests/"),
    "no manifest": _without("manifests/"),
    "evidence that its manifest does not name": _swapping("evidence/"),
    "evidence that is missing": _without("evidence/"),
    "a row that the chain does not seal": _with_another_name,
    "a row twice": _with_a_row_twice,
    "a chain with an event cut out": _without_an_event,
    "an attachment under a foreign name": _adding(f"attachments/{'0' * 64}"),
    "no rows": _without("rows.jsonl"),
}
"""What somebody whose signature is known can put into a bundle, and what it does to an honest one's records."""
