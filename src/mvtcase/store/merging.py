"""Rows of two laptops become rows of one case: by UUID, or by what the thing itself is; nothing twice, nothing lost.

Short ids are this case's own, so a row that comes in gets new ones and its references with them; `alias` keeps what it
was called. What a row says, whatever the short ids, is its *portable* form. A side that has seen the other's version
of a row has the newer one; where neither has, or both have, people differ: what holds until somebody decides is the
same on both laptops, and a decision to take says so.
"""

from __future__ import annotations

import json
import uuid as uuids
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mvtcase.canon import canonical_json, digest, person_key
from mvtcase.errors import BundleError
from mvtcase.model import DecisionKind, Level, Verdict
from mvtcase.store import custody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mvtcase.store.store import Change, Store

Row = dict[str, Any]

REFERS: Mapping[str, Mapping[str, str]] = {
    # Table, in the order in which rows are written: the columns that hold a short id, with the table of that.
    "case_file": {},
    "affected_group": {"parent": "affected_group"},
    "official": {"merged_into": "official"},
    "membership": {"official": "official", "affected_group": "affected_group"},
    "consent": {"official": "official"},
    "device": {"official": "official"},
    "acquisition": {"device": "device", "official": "official"},
    "indicator_set": {},
    "scan": {"acquisition": "acquisition", "device": "device", "recheck_of": "scan"},
    "scan_set": {"scan": "scan", "indicator_set": "indicator_set"},
    "module_run": {"scan": "scan"},
    "gap": {"scan": "scan"},
    "alert": {"scan": "scan"},
    "finding": {"device": "device", "official": "official", "first_scan": "scan"},
    "finding_alert": {"finding": "finding"},
    "disposition": {"finding": "finding"},
    "observation": {"official": "official", "device": "device", "scan": "scan"},
    "note": {"about": ""},
    "roster_mark": {"official": "official", "device": "device"},
    "finding_assignment": {"finding": "finding"},
    "allow_entry": {},
    "allow_word": {"entry": "allow_entry"},
    "handover": {"device": "device"},
}
"""Tables that are merged. `note.about` holds the id of any table, which its first letter tells."""
STAY = frozenset({"examiner", "tombstone", "report", "origin", "alias", "seen_version", "decision"})
"""Tables that stay on their laptop: who may work there, what was destroyed there, its papers, and its merges."""
_BY_LETTER = {"F": "finding", "D": "device", "O": "official"}
_NATURAL = {
    "affected_group": ("name",),
    "device": ("fingerprint",),
    "indicator_set": ("sha256",),
    "finding": ("id",),
    "membership": ("official", "affected_group"),
}
"""What a thing is by itself, whoever wrote it down."""
_KEY = {"affected_group": "name", "device": "fingerprint", "indicator_set": "sha256", "finding": "id"}
"""The column that stands for a row in the portable form of others; its UUID for any other table."""
CHANGES = frozenset({"case_file", "affected_group", "official", "consent", "device", "acquisition", "scan"})
CHANGES |= {"finding", "observation", "roster_mark", "handover"}
"""Tables whose rows may have changed on either side."""
_OWN: Mapping[str, frozenset[str]] = {
    "acquisition": frozenset({"path", "imported", "official"}),
    "scan": frozenset({"sequence", "place"}),
    "finding": frozenset({"official", "line", "severity"}),
    "disposition": frozenset({"place"}),
    "observation": frozenset({"place"}),
}
"""Columns that are a laptop's own matter, or follow from another row."""
_OF_THE_CASE = frozenset({"single_examiner", "tlp"})
"""What of a case two laptops must agree on."""
_TYPED = frozenset({"text", "reason", "note", "value"})
"""Columns out of which a purge may have taken a name."""
_PREFERRED: Mapping[str, Sequence[object]] = {
    "publication": ("withheld", "counted", "role", "named"),
    "roster": ("withdrawn", "refused", "unreachable", "invited", "consented"),
    "tlp": ("RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"),
    "single_examiner": (None,),
}
"""What holds until somebody decides, the first named that one side says: the more careful."""
_KEPT_STATE = ("registered", "active", "in_use", "finished")
REDECIDED = "mvtcase"
"""Who asks for another look where two laptops judged differently: nobody's pair of eyes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """The rows of a bundle: by table, each with the versions of it that its laptop has seen; and what it destroyed."""

    rows: Mapping[str, Sequence[tuple[Row, frozenset[str]]]]
    gone: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Tally:
    """How many rows of each table were new, newer there, the same, or said differently."""

    new: Counter[str] = field(default_factory=Counter)
    newer: Counter[str] = field(default_factory=Counter)
    same: Counter[str] = field(default_factory=Counter)
    conflicts: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    renamed: list[str] = field(default_factory=list)


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns of a table that travel."""
    return tuple(custody.covered()[table])


def rows_of(store: Store, table: str) -> list[Row]:
    """Return all rows of a table as they travel, in the order of their ids."""
    order = "length(id), id" if "id" in columns_of(table) else "uuid"
    return [dict(row) for row in store.rows(f"SELECT {', '.join(columns_of(table))} FROM {table} ORDER BY {order}")]  # noqa: S608  # own names


class Portable:
    """What rows say whatever the short ids of the case they are in; `keys` names other rows."""

    def __init__(self, rows: Callable[[str], Iterable[Row]]) -> None:
        self._keys: dict[tuple[str, str], str] = {}
        for table in {each for refers in REFERS.values() for each in refers.values() if each}:
            self._keys |= {(table, row["id"]): row[_KEY.get(table, "uuid")] for row in rows(table)}

    def add(self, table: str, row: Row) -> None:
        """Know one more row."""
        if "id" in row:
            self._keys[table, row["id"]] = row[_KEY.get(table, "uuid")]

    def value(self, table: str, column: str, value: Any) -> Any:  # noqa: ANN401  # as SQLite gives it
        """Return a column's value as both laptops would write it."""
        target = _target(table, column, value)
        return self._keys.get((target, value), value) if target and value else value

    def row(self, table: str, row: Row) -> Row:
        """Return what a row says."""
        left = {"id", "uuid", *_OWN.get(table, ())}
        if table in {"observation", "roster_mark"} and row["device"] is not None:
            left.add("official")
        said = row.keys() & _OF_THE_CASE if table == "case_file" else row.keys() - left
        return {name: self.value(table, name, row[name]) for name in said}

    def content(self, table: str, row: Row) -> str:
        """Return the digest of what a row says."""
        return digest([table, None if table in _NATURAL or table == "case_file" else row["uuid"], self.row(table, row)])


def _target(table: str, column: str, value: object) -> str:
    target = REFERS[table].get(column)
    return _BY_LETTER.get(str(value)[:1], "") if target == "" else target or ""


def seen_versions(store: Store) -> dict[str, set[str]]:
    """Return the versions of each row that are no news here."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in store.rows("SELECT row_uuid, content FROM seen_version"):
        found[row["row_uuid"]].add(row["content"])
    return found


def note_seen(change: Change, known: dict[str, set[str]], uuid: str, contents: Iterable[str]) -> None:
    """Write down versions of a row that are no news here any more."""
    for each in sorted({*contents} - known.get(uuid, set())):
        change.insert("seen_version", row_uuid=uuid, content=each)
        known.setdefault(uuid, set()).add(each)


class Merge:
    """One bundle on its way into a case, inside the caller's transaction."""

    def __init__(self, store: Store, change: Change, origin: str, actor: str) -> None:
        self.tally = Tally()
        self._store, self._change, self._origin, self._actor = store, change, origin, actor
        self._ids: dict[tuple[str, str], str | None] = {}
        self._ours = Portable(lambda table: rows_of(store, table))
        self._seen = seen_versions(store)
        self._gone = {
            row["row_uuid"]
            for row in store.rows("SELECT row_uuid FROM custody_row WHERE row_sha256 = ?", (custody.GONE,))
        }
        self._judged: dict[str, tuple[set[str], set[str]]] = {}
        self._touched: set[str] = set()

    def take(self, incoming: Incoming) -> Tally:
        """Write everything that is new or newer, and a decision for everything on which the two sides differ."""
        self._store.connection.execute("PRAGMA defer_foreign_keys = ON")
        if incoming.rows.get("disposition"):
            self._note_judged(incoming.rows["disposition"])
        for table in REFERS:
            self._table(table, incoming.rows.get(table, ()))
        self._follow_phones()
        self._ask_again()
        for row in self._store.rows("SELECT uuid, id FROM official"):
            if row["uuid"] in incoming.gone:
                self._decide(DecisionKind.PURGED, "official", row["uuid"], row["id"], {"here": {}, self._origin: {}})
        return self.tally

    def _table(self, table: str, rows: Sequence[tuple[Row, frozenset[str]]]) -> None:
        held = self._held_rows(table)
        placed = [(row, seen, self._uuid_here(table, row, held)) for row, seen in rows]
        self._number(table, placed, held)
        for theirs, seen, uuid in placed:
            row = self._translated(table, theirs)
            if row is None or theirs["uuid"] in self._gone:
                self.tally.left_out[table] += 1
                continue
            if uuid is None:
                self._insert(table, row, seen)
            elif table in CHANGES:
                self._compare(table, held[uuid], row, seen)
            else:
                self._require_same(table, held[uuid], row)
            if "id" in row and table not in {"finding", "case_file"}:
                self._name(table, theirs, uuid or theirs["uuid"])

    def _held_rows(self, table: str) -> dict[str, Row]:
        return {row["uuid"]: row for row in rows_of(self._store, table)}

    def _uuid_here(self, table: str, theirs: Row, held: Mapping[str, Row]) -> str | None:
        """Return the UUID of the row here that is the same thing, None where there is none."""
        if table == "case_file":
            return next(iter(held), None)
        if theirs["uuid"] in held:
            return str(theirs["uuid"])
        for row in self._store.rows("SELECT row_uuid FROM alias WHERE their_uuid = ?", (theirs["uuid"],)):
            if row["row_uuid"] in held:
                return str(row["row_uuid"])
        if table not in _NATURAL:
            return None
        wanted = tuple(self._id(_target(table, name, theirs[name]), theirs[name]) for name in _NATURAL[table])
        return self._by_nature(table, held).get(wanted)

    def _by_nature(self, table: str, held: Mapping[str, Row]) -> dict[tuple[object, ...], str]:
        if getattr(self, "_nature_of", None) != table:
            self._nature_of = table
            self._nature = {tuple(row[name] for name in _NATURAL[table]): uuid for uuid, row in held.items()}
        return self._nature

    def _id(self, table: str, value: Any) -> Any:  # noqa: ANN401  # as SQLite gives it
        """Return what a short id of theirs is here; anything that is none as it is."""
        return self._ids.get((table, value), value) if table else value

    def _number(self, table: str, placed: Sequence[tuple[Row, frozenset[str], str | None]],
                held: Mapping[str, Row]) -> None:  # fmt: skip
        """Give ids to the rows that are new here, before references among them are translated."""
        if "id" not in columns_of(table) or table == "case_file":
            return
        if table == "finding":
            self._ids |= {("finding", row["id"]): row["id"] for row, _, _ in placed}
            return
        waiting = [row for row, _, uuid in placed if uuid is None and row["uuid"] not in self._gone]
        self._ids |= {(table, row["id"]): held[uuid]["id"] for row, _, uuid in placed if uuid is not None}
        self._ids |= {(table, row["id"]): None for row, _, _ in placed if row["uuid"] in self._gone}
        if waiting:
            letter, _, first = self._change.new_id(table).partition("-")
            for number, row in enumerate(waiting, start=int(first)):
                self._ids[table, row["id"]] = f"{letter}-{number:04d}"

    def _translated(self, table: str, theirs: Row) -> Row | None:
        """Return a row of theirs with the ids it has here; None when what it hangs on was destroyed here."""
        row = dict(theirs)
        for column, target in REFERS[table].items():
            named = row[column]
            if not named:
                continue
            where = _target(table, column, named) if target == "" else target
            if (where, named) not in self._ids:
                raise BundleError("The bundle lacks {named}, which a row of {table} needs.", named=named, table=table)
            row[column] = self._ids[where, named]
            if row[column] is None:
                return None
        if "id" in row and table not in {"finding", "case_file"} and theirs["uuid"] not in self._gone:
            row["id"] = self._ids[table, theirs["id"]]
        if "place" in row and row["place"] is None:
            row["place"] = int(theirs["id"].rpartition("-")[2])
        if "sequence" in row:
            row["sequence"] = self._change.sequence
        return row

    def _insert(self, table: str, row: Row, seen: frozenset[str]) -> None:
        if table == "official":
            row["pseudonym"] = self._free_pseudonym(row)
        self._change.insert(table, **row)
        self._ours.add(table, row)
        self.tally.new[table] += 1
        if table in CHANGES:
            note_seen(self._change, self._seen, row["uuid"], {*seen, self._ours.content(table, row)})
        if table in {"device", "acquisition", "finding", "observation", "roster_mark"}:
            self._touched.add(str(row["id"] if table == "device" else row["device"]))
        if table == "official":
            self._look_for_twin(row)

    def _free_pseudonym(self, row: Row) -> str:
        """Return a pseudonym that nobody here has; of two people under one, the one written down later gives way."""
        for other in self._store.rows("SELECT uuid, id FROM official WHERE pseudonym = ?", (row["pseudonym"],)):
            marked = f"{row['pseudonym']}~{max(row['uuid'], other['uuid'])[-4:]}"
            self.tally.renamed.append(str(row["pseudonym"]))
            if other["uuid"] < row["uuid"]:
                return marked
            self._change.update("official", other["uuid"], pseudonym=marked)
        return str(row["pseudonym"])

    def _look_for_twin(self, row: Row) -> None:
        """Leave a decision where a person who came in may be one who is here."""
        for other in rows_of(self._store, "official"):
            same = row["register_id"] and row["register_id"] == other["register_id"]
            same = same or (row["name"] and person_key(row["name"]) == person_key(other["name"]))
            if same and other["uuid"] != row["uuid"] and other["state"] == row["state"] == "active":
                told = {each: {name: one[name] for name in ("id", "name", "register_id")}
                        for each, one in (("here", other), (self._origin, row))}  # fmt: skip
                self._decide(DecisionKind.PERSON, "official", other["uuid"], other["id"], told, row["uuid"])

    def _name(self, table: str, theirs: Row, uuid: str) -> None:
        known = "SELECT 1 FROM alias WHERE origin = ? AND table_name = ? AND their_id = ?"
        if not self._store.rows(known, (self._origin, table, theirs["id"])):
            told = {"their_id": theirs["id"], "their_uuid": theirs["uuid"], "row_uuid": uuid}
            self._change.insert("alias", origin=self._origin, table_name=table, **told)

    def _require_same(self, table: str, held: Row, row: Row) -> None:
        ours, theirs = self._ours.row(table, held), self._ours.row(table, row)
        different = {name for name in ours if ours[name] != theirs[name]}
        if different - _TYPED:
            raise BundleError(
                "{table} {uuid} says something else in the bundle than here, and such a row never changes.",
                table=table,
                uuid=row["uuid"],
            )
        self.tally.same[table] += 1

    def _compare(self, table: str, held: Row, row: Row, seen: frozenset[str]) -> None:
        uuid = held["uuid"]
        ours, theirs = self._ours.content(table, held), self._ours.content(table, row)
        here_is_known, there_is_known = ours in seen, theirs in self._seen.get(uuid, ())
        note_seen(self._change, self._seen, uuid, {*seen, theirs} if table in CHANGES else ())
        if ours == theirs:
            self.tally.same[table] += 1
        elif table == "finding":
            self._join_finding(held, row)
        elif there_is_known and not here_is_known:
            self.tally.same[table] += 1
        elif here_is_known and not there_is_known:
            self._update(table, held, {name: row[name] for name in self._differing(table, held, row)})
            self._settle(uuid)
            self.tally.newer[table] += 1
        else:
            self._differ(table, held, row)

    def _differing(self, table: str, held: Row, row: Row) -> list[str]:
        ours, theirs = self._ours.row(table, held), self._ours.row(table, row)
        return sorted(name for name in ours if ours[name] != theirs[name])

    def _update(self, table: str, held: Row, values: Row) -> None:
        values = {name: value for name, value in values.items() if held[name] != value}
        if table == "official" and "pseudonym" in values:
            values["pseudonym"] = self._free_pseudonym({**held, **values})
        if values:
            self._change.update(table, held["uuid"], **values)
        if table == "device":
            self._touched.add(str(held["id"]))

    def _differ(self, table: str, held: Row, row: Row) -> None:
        names = self._differing(table, held, row)
        told = {"here": {name: held[name] for name in names}, self._origin: {name: row[name] for name in names}}
        kind = DecisionKind.PHONE if table == "device" else DecisionKind.VALUES
        says = sorted(
            canonical_json({name: self._ours.value(table, name, each[name]) for name in names}) for each in (held, row)
        )
        self._update(table, held, {name: self._held(table, name, held[name], row[name]) for name in names})
        self._decide(kind, table, held["uuid"], held.get("id", ""), told, *says)
        self.tally.conflicts[table] += 1

    def _held(self, table: str, name: str, *values: Any) -> Any:  # noqa: ANN401  # as SQLite gives them
        """Return which of two values holds until somebody decides, the same on both laptops."""
        first = [each for each in _PREFERRED.get(name, _KEPT_STATE if name == "state" else ()) if each in values]
        if first:
            return first[0]
        return max(values, key=lambda each: (each is not None, canonical_json(self._ours.value(table, name, each))))

    def _join_finding(self, held: Row, row: Row) -> None:
        """Let the graver of two readings of one finding hold, whoever read it."""
        level = max(held["level"], row["level"], key=lambda each: Level(each).rank)
        said = self._ours
        graver = max(
            held,
            row,
            key=lambda one: (
                one["indicator_value"] is not None,
                Level(one["level"]).rank,
                one["rating"],
                canonical_json(said.row("finding", one)),
            ),
        )
        first = min((held, row), key=lambda one: str(self._ours.value("finding", "first_scan", one["first_scan"])))
        names = self._ours.row("finding", held).keys() - {"device"}
        joined = {name: graver[name] for name in names} | {"level": level, "first_scan": first["first_scan"]}
        self._update("finding", held, joined)
        self.tally.same["finding"] += 1

    def _follow_phones(self) -> None:
        """Give what was taken from a phone to whoever the phone is."""
        for device in sorted(self._touched - {"None"}):
            (owner,) = self._store.rows("SELECT official FROM device WHERE id = ?", (device,))
            for table in ("acquisition", "finding", "observation", "roster_mark"):
                query = f"SELECT uuid FROM {table} WHERE device = ? AND official <> ?"  # noqa: S608  # own names
                for row in self._store.rows(query, (device, owner["official"])):
                    self._change.update(table, row["uuid"], official=owner["official"])

    def _note_judged(self, rows: Sequence[tuple[Row, frozenset[str]]]) -> None:
        """Keep which judgements each side had before anything is merged."""
        for finding, uuid in ((each["finding"], each["uuid"]) for each, _ in rows):
            self._judged.setdefault(finding, (set(), set()))[1].add(uuid)
        for row in self._store.rows("SELECT finding, uuid FROM disposition"):
            if row["finding"] in self._judged:
                self._judged[row["finding"]][0].add(row["uuid"])

    def _ask_again(self) -> None:
        """Where both sides judged a finding without the other and differ, ask again; it stands until then."""
        for finding, (ours, theirs) in sorted(self._judged.items()):
            if not (ours - theirs and theirs - ours):
                continue
            query = (
                "SELECT * FROM disposition WHERE finding = ? ORDER BY coalesce(place, CAST(substr(id, 3) AS INTEGER))"
            )
            rows = [dict(row) for row in self._store.rows(f"{query}, uuid", (finding,))]
            last = {side: [each["verdict"] for each in rows if each["uuid"] in some][-1]
                    for side, some in (("here", ours), (self._origin, theirs))}  # fmt: skip
            if len({_side(each) for each in last.values()}) == 1:
                continue
            marked = _derived_uuid([finding, sorted(ours | theirs)])
            if any(each["uuid"] == marked for each in rows):
                continue
            place = max(each["place"] or int(each["id"][2:]) for each in rows) + 1
            self._change.insert(
                "disposition",
                uuid=marked,
                id=self._change.new_id("disposition"),
                finding=finding,
                verdict=Verdict.NEEDS_EXPERT,
                reason="Two laptops judged differently without knowing of each other.",
                examiner=REDECIDED,
                at=max(each["at"] for each in rows),
                place=place,
            )
            (held,) = self._store.rows("SELECT uuid FROM finding WHERE id = ?", (finding,))
            told = {side: {"verdict": verdict} for side, verdict in last.items()}
            self._decide(DecisionKind.JUDGEMENT, "finding", held["uuid"], finding, told, marked)
            self.tally.conflicts["disposition"] += 1

    def _decide(self, kind: DecisionKind, table: str, uuid: str, about: str, told: Row, *what: str) -> None:
        """Leave a decision to take, once for each difference."""
        mark = digest([kind, table, sorted({uuid, *what})])
        if not self._store.rows("SELECT 1 FROM decision WHERE digest = ?", (mark,)):
            self._change.insert(
                "decision",
                id=self._change.new_id("decision"),
                kind=kind,
                table_name=table,
                row_uuid=uuid,
                about=about,
                digest=mark,
                said=told,
                at=self._change.at,
                examiner=self._actor,
            )

    def _settle(self, uuid: str) -> None:
        """Close the decisions on a row that the other laptop has taken."""
        for row in self._store.rows("SELECT uuid FROM decision WHERE row_uuid = ? AND kept IS NULL", (uuid,)):
            self._change.update("decision", row["uuid"], kept=self._origin, reason="Decided there.", at=self._change.at)


def _side(verdict: str) -> str:
    return "dismissed" if verdict in {Verdict.FALSE_POSITIVE, Verdict.BENIGN} else verdict


def _derived_uuid(what: object) -> str:
    """Return a UUID that both laptops derive alike (version 8 of RFC 9562)."""
    value = int(digest(what)[:32], 16)
    value = value & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0b10 << 62
    return str(uuids.UUID(int=value))


def content_of(store: Store) -> list[Any]:
    """Return everything that a case says of what it shares with others, whatever the short ids: for comparisons."""
    portable = Portable(lambda table: rows_of(store, table))
    tables = [each for each in REFERS if each != "case_file"]
    return sorted(
        json.dumps([table, _natural(portable, table, row), portable.row(table, row)], sort_keys=True)
        for table in tables
        for row in rows_of(store, table)
    )


def _natural(portable: Portable, table: str, row: Row) -> object:
    names = _NATURAL.get(table)
    return [portable.value(table, name, row[name]) for name in names] if names else row["uuid"]


def referenced(rows: Iterable[Row], table: str) -> Iterator[tuple[str, str]]:
    """Yield the table and short id of everything that rows of a table refer to."""
    for row in rows:
        for column in REFERS[table]:
            target = _target(table, column, row[column])
            if row[column] and target:
                yield target, row[column]
