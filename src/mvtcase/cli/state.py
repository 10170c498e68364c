"""The global options of one call, and the desk they make; heavy floors are imported only when a verb needs them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mvtcase.canon import StrEnum
from mvtcase.errors import InputError
from mvtcase.escape import visible
from mvtcase.wording import ENGLISH, Message, Reason, Said, say, spoken, translator

if TYPE_CHECKING:
    import typer

    from mvtcase.engine.job import Secret
    from mvtcase.keys.ring import Keys
    from mvtcase.wording import Step, Translator
    from mvtcase.workflow.desk import Desk


@dataclass(kw_only=True)
class State:
    """What the global options of a call said, and how far it has come: `done` when the verb has returned."""

    workspace: str | None = None
    case: str | None = None
    as_json: bool = False
    yes: bool = False
    examiner: str = ""
    language: str = ""
    identity_file: str = ""
    passphrase_file: Path | None = None
    command: str = ""
    exit_code: int | None = None
    done: bool = False

    @property
    def named_workspace(self) -> str | None:
        """The workspace that the call or the environment names, None where neither does."""
        return self.workspace or os.environ.get("MVTCASE_WORKSPACE") or None

    @property
    def named_case(self) -> str | None:
        """The case that the call or the environment names, None where neither does."""
        return self.case or os.environ.get("MVTCASE_CASE") or None

    @property
    def named_examiner(self) -> str:
        """The examiner that the call or the environment names, empty where neither does."""
        return self.examiner or os.environ.get("MVTCASE_EXAMINER", "")

    def keys(self) -> Keys:
        """Return what opens sealed cases in this call; a passphrase is asked for when it is needed."""
        from mvtcase.keys.ring import Keys

        named = self.identity_file or os.environ.get("MVTCASE_IDENTITY_FILE", "")
        asking = Passphrases(self.passphrase_file, from_stdin=bool(named))
        return Keys(Path(named).expanduser() if named else None, ask=asking, tries=TRIES if asking.at_terminal else 1)

    def desk(self) -> Desk:
        """Return the examiner's desk at the workspace meant. Raises `WorkspaceError` and what settings raise."""
        from mvtcase.settings import load_settings
        from mvtcase.store.folder import find_workspace
        from mvtcase.workflow.desk import Desk

        settings = load_settings()
        keys = self.keys()
        desk = Desk(
            workspace=replace(find_workspace(self.named_workspace, Path.cwd()), keys=keys),
            case=self.named_case,
            examiner=self.named_examiner,
            settings=settings,
            language=self.language,
            identity=keys.identity(),
            spoken=spoken(os.environ) or ENGLISH,
        )
        if not self.language and spoken(os.environ) is None:
            speak(desk.language_of_case())
        return desk


MAX_PASSPHRASE_BYTES = 4096
TRIES = 3
"""How often a person at a terminal may type a passphrase; what comes from a file is wrong at once."""


class Passphrases:
    """Asks for passphrases: the first line of a file or pipe, else at the prompt, else a line of stdin."""

    def __init__(self, file: Path | None, *, from_stdin: bool) -> None:
        self._file = file
        self._from_stdin = from_stdin
        self._read: str | None = None
        self._asked: set[str] = set()

    @property
    def at_terminal(self) -> bool:
        """Whether a person is asked."""
        return self._file is None and sys.stdin.isatty()

    def __call__(self, what: str) -> str | None:
        """Return the passphrase of something, None where nobody can be asked; asked again, the last one was wrong."""
        if self.at_terminal:
            again = what in self._asked
            self._asked.add(what)
            return typed(
                say("That was not it. Passphrase of {what}", what=what)
                if again
                else say("Passphrase of {what}", what=what)
            )
        if self._read is None:  # a pipe gives it once
            if self._file is not None:
                self._read = first_line(self._file)
            elif self._from_stdin:
                self._read = line_of_input()
        return self._read


def first_line(path: Path) -> str:
    """Return the first line of a file or pipe. Raises `InputError` where it is empty or no text."""
    try:
        with path.open("rb") as handle:
            line = handle.readline(MAX_PASSPHRASE_BYTES).decode("utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("{path} cannot be read: {error}.", path=path, error=error) from error
    if not line:
        raise InputError("{path} holds nothing in its first line.", path=path)
    return line


def line_of_input() -> str:
    """Return the next line of the input."""
    return sys.stdin.readline(MAX_PASSPHRASE_BYTES).rstrip("\r\n")


def typed(question: Message, *, twice: bool = False) -> str:
    """Return what is typed unseen at the terminal."""
    import typer

    again = words(say("Once more")) if twice else False
    return str(typer.prompt(visible(words(question)), hide_input=True, err=True, confirmation_prompt=again))


def new_passphrase(question: Message, file: Path | None = None) -> Secret:
    """Return a new passphrase or password: of a file, typed twice, or the input's next line where nobody is there."""
    from mvtcase.engine.job import Secret

    if file is not None:
        return Secret(value=first_line(file))
    return Secret(value=typed(question, twice=True) if sys.stdin.isatty() else line_of_input())


def state_of(context: typer.Context) -> State:
    """Return the state of this call with the verb filled in as the envelope names it: `scan run`."""
    root = context.find_root()
    if not isinstance(root.obj, State):
        root.obj = State()
    names = context.command_path.split()
    root.obj.command = " ".join(names[1:])
    return root.obj


PROGRAM = "mvtcase"
OF_THE_PROGRAM = ("workspace", "case", "examiner", "identity_file", "language")
"""Options that stand before the verb."""


def command(step: Step) -> str:
    """Return a step as people type it, in quotes: the whole call, or only the options of one to be made again."""
    named = {name: f"--{name}" if value is True else f"--{name} {value}" for name, value in step.options.items()}
    before = [named.pop(name) for name in OF_THE_PROGRAM if name in named and step.verb]
    verb = (PROGRAM, *before, step.verb) if step.verb else ()
    return f"'{' '.join((*verb, *step.arguments, *named.values()))}'"


_tongue = translator()


def speak(language: str) -> None:
    """Print in this language from now on."""
    global _tongue  # noqa: PLW0603  # one call of the program prints in one language, wherever it prints
    _tongue = translator(language)


def tongue() -> Translator:
    """Return the translator of the language that this call prints in."""
    return _tongue


def words(told: object) -> str:
    """Return a message, reason or fixed sentence in the language of this call, and anything else as its text."""
    return _tongue.word(told, command) if isinstance(told, (Message, Reason, Said)) else str(told)


def sentence(told: str | Message) -> str:
    """Return what the program itself says, which a plain text is too, in the language of this call."""
    return words(told if isinstance(told, (Message, Reason)) else Said(told))


def heading(name: str) -> str:
    """Return the name of a field or column as people read it."""
    return sentence(name.replace("_", " "))


def shown(value: object) -> str:
    """Return a value as a table shows it: a word of a closed set in the language of this call, other texts as given."""
    return _tongue.text(str(value)) if isinstance(value, StrEnum) else words(value)
