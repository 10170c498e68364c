"""docs/json/: a JSON Schema for what each verb prints with `--json`, derived from the types of its payload.

pydantic's adapters would have to be told every name that is imported for the type checker only; what payloads are made
of is little enough to say here.
"""

from __future__ import annotations

import collections.abc
import importlib
import json
import types
import typing
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mvtcase import casebook, model
from mvtcase.findings import ratings
from mvtcase.indicators import verdicts
from mvtcase.kinds import words
from mvtcase.model import reach
from mvtcase.wording import told
from mvtcase.workflow import (
    acquisitions,
    allowing,
    bundles,
    canary,
    cases,
    claims,
    clocks,
    clusters,
    consents,
    correlation,
    custody,
    demo,
    devices,
    diffs,
    doctor,
    enrolment,
    examiners,
    exports,
    findings,
    groups,
    guide,
    handovers,
    iocs,
    merges,
    misplaced,
    observations,
    officials,
    passwords,
    payloads,
    pruning,
    purges,
    rates,
    rechecks,
    report_life,
    reports,
    roster,
    scans,
    sealed,
    sealing,
    seeking,
    slices,
    stamps,
    status,
    steps,
    timeline,
    triage,
)
from mvtcase.workflow.payloads import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERBS: Mapping[str, tuple[Callable[..., object], ...]] = {
    "case new": (cases.new,),
    "case list": (cases.list_cases,),
    "case show": (cases.show,),
    "case set": (cases.hold_to, cases.set_single_examiner),
    "case purge": (purges.purge_case,),
    "case seal": (sealed.seal,),
    "case unseal": (sealed.unseal,),
    "case rekey": (sealed.rekey,),
    "case close": (cases.close,),
    "case reopen": (cases.reopen,),
    "group add": (groups.add,),
    "group list": (groups.list_groups,),
    "examiner add": (examiners.add,),
    "examiner identity": (examiners.identity,),
    "examiner list": (examiners.list_examiners,),
    "examiner remove": (examiners.remove,),
    "examiner password": (passwords.change,),
    "examiner set": (examiners.change_examiner,),
    "official add": (officials.add,),
    "official list": (officials.list_officials,),
    "official import": (enrolment.import_roster,),
    "official show": (officials.show,),
    "official set": (officials.change_official,),
    "official merge": (officials.merge,),
    "official remove": (officials.remove,),
    "official purge": (purges.purge_official,),
    "consent record": (consents.record, consents.record_batch),
    "consent withdraw": (consents.withdraw,),
    "consent show": (consents.show,),
    "device add": (devices.add,),
    "device list": (devices.list_devices,),
    "device show": (devices.show,),
    "device set": (devices.change_device,),
    "device move": (devices.move,),
    "acquisition add": (acquisitions.add, acquisitions.add_all),
    "acquisition guide": (guide.guide,),
    "acquisition list": (acquisitions.list_acquisitions,),
    "acquisition show": (acquisitions.show,),
    "acquisition verify": (acquisitions.verify,),
    "acquisition set": (acquisitions.set_aside,),
    "acquisition move": (misplaced.move,),
    "iocs list": (iocs.list_sets,),
    "iocs show": (iocs.show,),
    "iocs lint": (iocs.lint,),
    "iocs import": (iocs.import_files,),
    "iocs add": (iocs.add,),
    "iocs enable": (iocs.switch,),
    "iocs disable": (iocs.switch,),
    "iocs pack": (iocs.pack,),
    "iocs update": (iocs.update,),
    "iocs selftest": (iocs.selftest,),
    "scan run": (scans.run,),
    "scan list": (scans.list_scans,),
    "scan prune": (pruning.prune,),
    "scan show": (scans.show, claims.files),
    "recheck run": (rechecks.run,),
    "recheck list": (rechecks.list_rechecks,),
    "roster": (roster.roster,),
    "case due": (roster.due,),
    "finding list": (findings.list_findings,),
    "finding show": (findings.show,),
    "finding next": (findings.upcoming,),
    "finding dispose": (findings.dispose,),
    "finding assign": (findings.assign,),
    "allow add": (allowing.add,),
    "allow agree": (allowing.agree,),
    "allow end": (allowing.end,),
    "allow list": (allowing.list_entries,),
    "observe add": (observations.add,),
    "observe list": (observations.list_observations,),
    "observe due": (sealing.due,),
    "report write": (reports.write,),
    "report list": (reports.list_reports,),
    "report review": (report_life.review,),
    "report release": (report_life.release,),
    "report supersede": (report_life.supersede,),
    "report erratum": (report_life.erratum,),
    "report allow": (report_life.allow,),
    "report diff": (report_life.diff,),
    "report rebuild": (report_life.rebuild,),
    "custody log": (custody.log,),
    "custody verify": (custody.verify,),
    "custody sign": (custody.sign,),
    "custody timestamp": (stamps.stamp,),
    "custody handover": (handovers.hand_over,),
    "custody note": (custody.note,),
    "init": (cases.init,),
    "doctor": (doctor.examine,),
    "demo": (demo.play,),
    "cluster keys": (clusters.make_keys,),
    "canary plan": (canary.plan,),
    "canary check": (canary.check,),
    "triage": (triage.examine,),
    "status": (status.status, sealing.status),
    "timeline": (timeline.timeline,),
    "correlate": (correlation.links,),
    "coverage": (claims.coverage,),
    "diff": (diffs.diff,),
    "bundle export": (exports.export, bundles.export),
    "bundle inspect": (bundles.inspect, slices.check),
    "bundle import": (merges.take_in,),
    "bundle decisions": (merges.decisions,),
    "bundle decide": (merges.decide,),
    "bundle slice": (slices.cut,),
    "export": (exports.export,),
}
"""What each verb calls; a verb that can return one of several payloads calls several."""

_NAMES: dict[str, Any] = {
    **vars(collections.abc),
    **vars(words),
    **vars(verdicts),
    **vars(told),
    **vars(casebook),
    **vars(reach),
    **vars(rates),
    **vars(steps),
    **vars(seeking),
    **vars(allowing),
    **vars(clocks),
    **vars(model),
    **vars(ratings),
    "Path": Path,
    "model": model,
    "payloads": payloads,
}
"""What annotations name that is imported for the type checker only."""
_PLAIN: Mapping[object, Mapping[str, object]] = {
    str: {"type": "string"},
    Path: {"type": "string"},
    told.Message: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
    object: {},
    Any: {},
    model.Json: {},
}
_MESSAGES = {"type": "array", "items": {"type": "string"}}
_STEP = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"verb": {"type": "string"}, "arguments": _MESSAGES, "options": {"type": "object"}},
            "required": ["verb", "arguments", "options"],
        },
        {"type": "null"},
    ]
}
_ERROR = {
    "type": "object",
    "properties": {**{name: {"type": "string"} for name in ("code", "message", "hint")}, "step": _STEP},
    "required": ["code", "message", "hint"],
}


def pages(folder: Path) -> dict[Path, str]:
    """Return the schema of every verb as text, by the path of its file."""
    return {folder / f"{verb.replace(' ', '-')}.json": json.dumps(schema(verb), indent=1) + "\n" for verb in VERBS}


def schema(verb: str) -> dict[str, object]:
    """Return the schema of a verb's envelope; after an error its data are empty."""
    known: dict[str, dict[str, object]] = {}
    returned = [_of(_payload(each), known) for each in VERBS[verb]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"mvtcase {verb} --json",
        "type": "object",
        "properties": {
            "schema": {"const": SCHEMA},
            "command": {"const": verb},
            "status": {"enum": ["success", "partial", "error"]},
            "data": {"type": "object"},
            "messages": _MESSAGES,
            "errors": {"type": "array", "items": _ERROR},
        },
        "required": ["schema", "command", "status", "data", "messages", "errors"],
        "if": {"properties": {"status": {"const": "error"}}},
        "then": {"properties": {"data": {"maxProperties": 0}, "errors": {"minItems": 1}}},
        "else": {"properties": {"data": returned[0] if len(returned) == 1 else {"anyOf": returned}}},
        "$defs": dict(sorted(known.items())),
    }


def _payload(verb: Callable[..., object]) -> object:
    """Return the payload type of a function whose return annotation is `Outcome[Payload]`."""
    (payload,) = typing.get_args(_evaluated(str(verb.__annotations__["return"]), verb.__module__))
    return payload


def _evaluated(annotation: str, module: str) -> Any:  # noqa: ANN401  # a type is any object
    return eval(annotation, {**_NAMES, **vars(importlib.import_module(module))})  # noqa: S307  # our own annotations


def _of(kind: Any, known: dict[str, dict[str, object]]) -> dict[str, object]:  # noqa: ANN401  # as above
    """Return the schema of a type, with the records and closed sets it is made of added to the known ones."""
    if isinstance(kind, type) and issubclass(kind, told.Said):
        kind = str
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {typing.Union, types.UnionType}:
        parts = [part for each in arguments if (part := _of(each, known))]
        unique = [each for place, each in enumerate(parts) if each not in parts[:place]]
        return unique[0] if len(unique) == 1 else {"anyOf": unique}
    if origin in {tuple, frozenset}:
        return {"type": "array", "items": _of(arguments[0], known)}
    if origin is collections.abc.Mapping:
        names = {"propertyNames": _of(arguments[0], known)} if arguments[0] is not str else {}
        return {"type": "object", **names, "additionalProperties": _of(arguments[1], known) or True}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _named(kind.__name__, {"enum": [str(each) for each in kind]}, known)
    if is_dataclass(origin or kind):
        return _record(origin or kind, arguments, known)
    raise TypeError(f"No schema for {kind!r}.")


def _record(kind: Any, arguments: tuple[Any, ...], known: dict[str, dict[str, object]]) -> dict[str, object]:  # noqa: ANN401  # as above
    """Return a reference to a record's schema; a generic record has one for each of its arguments."""
    name = "_".join((kind.__name__, *(each.__name__ for each in arguments)))
    if name in known:
        return {"$ref": f"#/$defs/{name}"}
    known[name] = {}  # a record inside itself finds it here
    meant: dict[TypeVar, Any] = dict(zip(getattr(kind, "__parameters__", ()), arguments, strict=True))
    fields = {
        payloads.key_of(field): _of(_told(annotation, module, meant), known)
        for field, (annotation, module) in _annotations(kind).items()
    }
    told = {"description": " ".join((kind.__doc__ or "").split()), "type": "object", "properties": fields}
    known[name] = {**told, "required": list(fields)}
    return {"$ref": f"#/$defs/{name}"}


def _told(annotation: str, module: str, meant: Mapping[TypeVar, Any]) -> Any:  # noqa: ANN401  # as above
    kind = _evaluated(annotation, module)
    parameters = getattr(kind, "__parameters__", ())
    return kind[tuple(meant[each] for each in parameters)] if parameters else meant.get(kind, kind)


def _annotations(kind: type) -> dict[str, tuple[str, str]]:
    """Return a record's annotations with the module that each is written in, those of its bases first."""
    return {
        field: (annotation, base.__module__)
        for base in reversed(kind.__mro__)
        for field, annotation in vars(base).get("__annotations__", {}).items()
        if field in getattr(kind, "__dataclass_fields__", {})
    }


def _named(name: str, told: dict[str, object], known: dict[str, dict[str, object]]) -> dict[str, object]:
    known[name] = told
    return {"$ref": f"#/$defs/{name}"}


def strict(told: Any) -> Any:  # noqa: ANN401  # JSON goes in and comes out
    """Return a schema that allows no key it does not name, to find out whether it names all."""
    if isinstance(told, list):
        return [strict(each) for each in told]
    if not isinstance(told, dict):
        return told
    closed = {"additionalProperties": False} if "description" in told and "properties" in told else {}
    return {name: strict(each) for name, each in told.items()} | closed
