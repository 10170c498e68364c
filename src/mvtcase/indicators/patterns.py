"""STIX patterns read: `[type:property = 'value']`, alone or joined by OR, by one expression, the rest by the grammar.

A pattern is taken apart only where each part alone means the same as the whole: `OR` between comparisons or between
observations, and `IN` lists. What needs two things to be seen together cannot be put as single values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mvtcase.indicators.wordlists import PATTERN_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_GRAMMAR_CHARS = 200_000
"""The grammar's parser takes about half a second for as many characters: a longer pattern is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One `left = 'value'` of a pattern; `left` is written as `type:property` with the property's steps joined by dots.

    `note` says what was read otherwise than the grammar has it.
    """

    left: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Why a pattern, or one of its comparisons, gives no value to compare."""

    reason: str


_STEP = r"[a-zA-Z_][a-zA-Z0-9_]*"
_EQUALITY = rf"[a-zA-Z_][a-zA-Z0-9_-]*\s*:\s*{_STEP}(?:\.(?:{_STEP}|'[^'\\]*'))*\s*=\s*'(?:[^'\\]|\\['\\])*'"
_OBSERVATION = rf"\[\s*{_EQUALITY}(?:\s*OR\s+{_EQUALITY})*\s*\]"
_PLAIN = re.compile(rf"\s*{_OBSERVATION}(?:\s*OR\s*{_OBSERVATION})*\s*")
_PART = re.compile(r"(?P<type>[a-zA-Z_][a-zA-Z0-9_-]*)\s*:\s*(?P<path>[^\s=]+)\s*=\s*'(?P<value>(?:[^'\\]|\\['\\])*)'")
_LOOSE = re.compile(
    r"(?:\[\s*)?(?P<type>[a-zA-Z_][a-zA-Z0-9_-]*)\s*:\s*(?P<path>[a-zA-Z_'][a-zA-Z0-9_.'-]*)"
    r"""\s*=\s*(?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<bare>[^\s'"\[\]()]+))(?:\s*\])?"""
)
_JOINED = re.compile(
    r"\s*(?P<type>[a-z-]+):(?P<path>[a-z_.'A-Z0-9-]+(?:\[\*\])?(?:\.\w+)?)\s*=\s*'(?P<value>(?:[^'\\]|\\['\\])*)'\s*"
)
_ESCAPE = re.compile(r"\\(['\\])")
_STRING = re.compile(r"'((?:[^'\\]|\\['\\])*)'")


def read_pattern(pattern: str, *, version: str = "2.1") -> tuple[Comparison | Unreadable, ...]:
    """Return each comparison of a pattern, or what keeps it or the whole from being compared; never nothing."""
    plain = read_plain(pattern)
    if plain is not None:
        return plain
    composite = read_composite(pattern)
    if composite:
        return composite
    if len(pattern) > MAX_GRAMMAR_CHARS:
        return (Unreadable(reason=f"the pattern is longer than {MAX_GRAMMAR_CHARS} characters"),)
    return read_by_grammar(pattern, version=version)


def read_plain(pattern: str) -> tuple[Comparison, ...] | None:
    """Return the comparisons of a pattern made of equalities and OR alone, None for every other form."""
    if not _PLAIN.fullmatch(pattern):
        return None
    parts = list(_PART.finditer(pattern))
    if any(part["type"].lower() in PATTERN_KEYWORDS or _has_keyword(part["path"]) for part in parts):
        return None
    return tuple(
        Comparison(left=f"{part['type']}:{part['path'].replace(chr(39), '')}", value=_ESCAPE.sub(r"\1", part["value"]))
        for part in parts
    )


def read_composite(pattern: str) -> tuple[Comparison, ...]:
    """Return the values of an AND that stands for one composite value, as MISP writes them; none for other patterns.

    Of a domain with its address each is compared, of a file's name with its hashes the hashes, and of a connection
    the host at its end, as with MISP's own composite types.
    """
    inner = pattern.strip().removeprefix("[").removesuffix("]")
    found = [_JOINED.fullmatch(each) for each in inner.split(" AND ")]
    parts = [(f"{e['type']}:{e['path'].replace(chr(39), '')}", _ESCAPE.sub(r"\1", e["value"])) for e in found if e]
    if len(parts) != len(found) or len(parts) == 1:
        return ()
    lefts = {left for left, _ in parts}
    if lefts <= {"domain-name:value", _RESOLVED}:
        kept = [(left.replace(_RESOLVED, "ipv4-addr:value"), value) for left, value in parts]
    elif all(left == "file:name" or left.startswith("file:hashes.") for left in lefts):
        kept = [(left, value) for left, value in parts if left != "file:name"]
    else:
        kept = _ends_of_connection(dict(parts))
    return tuple(
        Comparison(left=left, value=value, note="one of a composite, compared by itself") for left, value in kept
    )


def _ends_of_connection(parts: Mapping[str, str]) -> list[tuple[str, str]]:
    if not all(left.startswith("network-traffic:") for left in parts):
        return []
    ends = [f"network-traffic:{end}_ref" for end in ("dst", "src")]
    return [
        (f"{parts[f'{e}.type']}:value", parts[f"{e}.value"]) for e in ends if {f"{e}.type", f"{e}.value"} <= set(parts)
    ]


_RESOLVED = "domain-name:resolves_to_refs[*].value"


def read_by_grammar(pattern: str, *, version: str = "2.1") -> tuple[Comparison | Unreadable, ...]:
    """Return what `read_pattern` returns, always by the grammar of STIX 2.1 or 2.0."""
    from stix2patterns.exceptions import ParseException  # noqa: PLC0415  # slow to load, and few patterns need it
    from stix2patterns.v20.pattern import Pattern as Pattern20  # noqa: PLC0415  # as above
    from stix2patterns.v21.pattern import Pattern as Pattern21  # noqa: PLC0415  # as above

    parse = Pattern20 if version == "2.0" else Pattern21
    listener = _Listener()
    try:
        parse(pattern).walk(listener)
    except ParseException as error:
        return (_read_loosely(pattern) or Unreadable(reason=f"not a STIX pattern: {_first_line(error)}"),)
    except RecursionError:
        return (Unreadable(reason="the pattern is nested too deep"),)
    return tuple(listener.parts) or (Unreadable(reason="the pattern compares nothing"),)


def _has_keyword(path: str) -> bool:
    return any(step.lower() in PATTERN_KEYWORDS for step in path.split("."))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:160]


def _read_loosely(pattern: str) -> Comparison | None:
    """Return the one comparison of a pattern that is wrong by the grammar and yet can mean one thing only."""
    found = _LOOSE.fullmatch(pattern.strip())
    if found is None:
        return None
    value = next(text for text in (found["single"], found["double"], found["bare"]) if text is not None)
    note = "double quotes read as quotes" if found["double"] is not None else "a pattern outside the STIX grammar"
    return Comparison(left=f"{found['type']}:{found['path'].replace(chr(39), '')}", value=value, note=note)


class _Listener:
    """Hears the walk over a parsed pattern; antlr calls what it finds by name, so it needs no base class."""

    def __init__(self) -> None:
        self.parts: list[Comparison | Unreadable] = []
        self._left = ""
        self._starts: list[int] = []

    def enterEveryRule(self, ctx: Any) -> None:  # noqa: N802, ANN401, ARG002 - antlr's names and values
        """Remember how many parts stood before this piece of the pattern."""
        self._starts.append(len(self.parts))

    def exitEveryRule(self, ctx: Any) -> None:  # noqa: N802, ANN401 - as above
        """Put one reason in place of the parts of a piece that asks for more than any single one of them."""
        start = self._starts.pop()
        joint = _joint(ctx)
        if joint:
            self.parts[start:] = [Unreadable(reason=f"{joint}: MVT compares single values")]

    def visitTerminal(self, node: Any) -> None:  # noqa: N802, ANN401 - as above
        """Hear a token."""

    def visitErrorNode(self, node: Any) -> None:  # noqa: N802, ANN401 - as above
        """Hear a token that does not fit; the parser has raised before."""

    def exitObjectPath(self, ctx: Any) -> None:  # noqa: N802, ANN401 - as above
        """Note the left side of the comparison that follows."""
        self._left = ctx.getText().replace("'", "")

    def exitPropTestEqual(self, ctx: Any) -> None:  # noqa: N802, ANN401 - as above
        """Take an equality."""
        if ctx.NEQ() or ctx.NOT():
            self.parts.append(Unreadable(reason="NOT: MVT compares what is there"))
        else:
            self._take(ctx.primitiveLiteral().getText())

    def exitPropTestSet(self, ctx: Any) -> None:  # noqa: N802, ANN401 - as above
        """Take each value of a list."""
        if ctx.NOT():
            self.parts.append(Unreadable(reason="NOT IN: MVT compares what is there"))
            return
        literals = list(_literals(ctx.setLiteral()))
        if not literals:
            self.parts.append(Unreadable(reason="IN with an empty list"))
        for literal in literals:
            self._take(literal)

    def exitPropTestLike(self, ctx: Any) -> None:  # noqa: N802, ANN401, ARG002 - as above
        """Refuse LIKE."""
        self._refuse("LIKE")

    def exitPropTestRegex(self, ctx: Any) -> None:  # noqa: N802, ANN401, ARG002 - as above
        """Refuse MATCHES."""
        self._refuse("MATCHES")

    def exitPropTestOrder(self, ctx: Any) -> None:  # noqa: N802, ANN401, ARG002 - as above
        """Refuse an order."""
        self._refuse("a greater-or-less comparison")

    def exitPropTestIsSubset(self, ctx: Any) -> None:  # noqa: N802, ANN401, ARG002 - as above
        """Refuse ISSUBSET."""
        self._refuse("ISSUBSET")

    def exitPropTestIsSuperset(self, ctx: Any) -> None:  # noqa: N802, ANN401, ARG002 - as above
        """Refuse ISSUPERSET."""
        self._refuse("ISSUPERSET")

    def exitPropTestExists(self, ctx: Any) -> None:  # noqa: N802, ANN401, ARG002 - as above
        """Refuse EXISTS."""
        self._refuse("EXISTS")

    def _refuse(self, word: str) -> None:
        self.parts.append(Unreadable(reason=f"{word}: MVT compares whole values"))

    def _take(self, literal: str) -> None:
        text = _STRING.fullmatch(literal)
        if text is None:
            self.parts.append(Unreadable(reason=f"the value {literal[:60]} is no text"))
        else:
            self.parts.append(Comparison(left=self._left, value=_ESCAPE.sub(r"\1", text[1])))


_JOINTS = {
    "AND": "AND asks for several things together",
    "FOLLOWEDBY": "FOLLOWEDBY asks for an order of events",
}
_QUALIFIED = {
    "ObservationExpressionWithinContext": "WITHIN asks for a time span",
    "ObservationExpressionRepeatedContext": "REPEATS asks for a number of events",
    "ObservationExpressionStartStopContext": "START and STOP ask for a time span",
}


def _joint(ctx: Any) -> str:  # noqa: ANN401 - antlr's context
    for word, meaning in _JOINTS.items():
        token = getattr(ctx, word, None)
        if token is not None and token():
            return meaning
    return _QUALIFIED.get(type(ctx).__name__, "")


def _literals(ctx: Any) -> Iterator[str]:  # noqa: ANN401 - antlr's context
    for child in ctx.getChildren():
        if type(child).__name__ == "PrimitiveLiteralContext":
            yield child.getText()
