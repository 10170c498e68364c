"""The options by which verbs are told which findings are meant, and the queue that is walked in the terminal."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from mvtcase.model import EvidenceClass, FindingState, Level

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = 40
"""Lines on a page in a terminal."""


Limit = Annotated[int | None, typer.Option("--limit", min=1, help="How many on a page; default: all.")]
Number = Annotated[int, typer.Option("--page", min=1, help="Which page.")]
Drawn = Annotated[int | None, typer.Option("--limit", min=1, help="How many on a page; default: 1000, in JSON all.")]
Gravest = Annotated[int | None, typer.Option("--limit", min=1, help="How many findings, the gravest; default: all.")]


def _which(name: str, help_text: str, **more: Any) -> Any:  # noqa: ANN401  # what typer calls an option is its own
    return typer.Option(name, help=help_text, **more)


_OPTIONS: dict[str, Any] = {
    "status": Annotated[FindingState | None, _which("--status", "Where it stands in review.")],
    "evidence_class": Annotated[EvidenceClass | None, _which("--class", "Its evidence class.")],
    "level": Annotated[Level | None, _which("--level", "This level and those above it.", case_sensitive=False)],
    "module": Annotated[str | None, _which("--module", "The module that raised it.")],
    "indicator": Annotated[str | None, _which("--indicator", "The value that matched.")],
    "family": Annotated[str | None, _which("--family", "The malware family or report.")],
    "set_": Annotated[str | None, _which("--set", "The indicator set.")],
    "group": Annotated[str | None, _which("--group", "Only this group and those inside it.")],
    "official": Annotated[str | None, _which("--official", "Only of this official.")],
    "device": Annotated[str | None, _which("--device", "Only of this device.")],
    "since": Annotated[str | None, _which("--since", "Found by a scan since then (UTC).", metavar="DATE")],
    "undisposed": Annotated[bool, _which("--undisposed", "Only what nobody has judged.")],
    "dismissed": Annotated[bool, _which("--dismissed", "Only what was dismissed, with the reasons.")],
    "text": Annotated[str | None, _which("--text", "Words, or a query, in title, indicator and context.")],
    "line": Annotated[str | None, _which("--line", "Only of this incident line.")],
    "mine": Annotated[bool, _which("--mine", "Only what is assigned to you.")],
}
"""The option of each wish by its name in `Sought` or `Wish`; typer reads the types at run time."""


def wished(verb: Callable[..., None]) -> Callable[..., None]:
    """Return a verb with an option for each wish instead of its parameter `wish`, which is made of them."""
    verb.__annotations__.pop("wish")
    hints = get_type_hints(verb, include_extras=True)
    given = [each for each in inspect.signature(verb).parameters.values() if each.name != "wish"]
    own = [each.replace(annotation=hints[each.name]) for each in given]
    added = [_parameter(name, option) for name, option in _OPTIONS.items()]

    @functools.wraps(verb)
    def called(*given: Any, **named: Any) -> None:  # noqa: ANN401  # as typer calls it
        wishes = {name: named.pop(name) for name in _OPTIONS}
        verb(*given, wish=_wish(**wishes), **named)

    called.__signature__ = inspect.Signature([*own, *added])  # type: ignore[attr-defined]  # read by typer
    called.__annotations__ = {each.name: each.annotation for each in (*own, *added)}
    return called


def _parameter(name: str, option: Any) -> inspect.Parameter:  # noqa: ANN401  # a type with its option
    default = False if option.__origin__ is bool else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=option)


def _wish(*, line: str | None, mine: bool, since: str | None, **sought: Any) -> Any:  # noqa: ANN401  # heavy floors wait
    from mvtcase.store.sought import Sought
    from mvtcase.workflow.consents import read_date
    from mvtcase.workflow.seeking import Wish

    meant = Sought(**sought, since=read_date(since) if since else None)
    return Wish(sought=meant, line=line, mine=mine)
