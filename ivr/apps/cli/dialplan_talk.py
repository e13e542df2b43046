"""The terminal side of `ivr simulate`: a person is the caller, the clock is theirs."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime

import click

from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.workbench.behaviour import Meaning
from ivr.core.dialplan.workbench.conversation import Conversation
from ivr.core.dialplan.workbench.scenario_shape import Sources
from ivr.core.dialplan.workbench.told import Kind, Line
from ivr.errors import OperatorError

MARKS = {Kind.SAID: "« ", Kind.WARNING: "« ", Kind.CALLER: "» ", Kind.ALARM: "! "}
"""Before a line of a kind; others are indented."""


def talk(dialplan: Dialplan, sources: Sources, *, show_all: bool, at: datetime, called: str, meaning: Meaning) -> None:
    """Run the conversation until the call ends or the input does. `at`: when it comes, by the clock of its zone.
    `meaning`: what judges free speech."""
    call = Conversation(dialplan, sources, show_all=show_all, at=at, called=called, meaning=meaning)
    click.echo(f"{dialplan.id}: type words to say them, digits to press them; /help for more")
    call.line.start()
    show_lines(call.news())
    while not call.ended:
        text = typed_line()
        early = text is not None and text.startswith("!")
        if not early:
            call.line.settle()
            show_lines(call.news())
        if text is None or call.ended:
            return
        words = text.removeprefix("!").strip()
        if not sys.stdin.isatty():
            show_lines([call.typed(words)])
        try:
            hint = call.take(words)
        except OperatorError as error:
            hint = Line(call.line.now, Kind.HINT, str(error))
        show_lines([*([hint] if hint else []), *call.news()])


def show_lines(lines: Iterable[Line]) -> None:
    """Lines of a call, as the terminal has them."""
    for line in lines:
        if line.kind is Kind.VALUE:
            click.echo(f"           {line.text}")
        elif line.kind is Kind.HINT:
            click.echo(line.text if "\n" in line.text else f"         ({line.text})")
        else:
            click.echo(f"{line.at:7.1f}  {MARKS.get(line.kind, '  ')}{line.text}")


def typed_line() -> str | None:
    """The next line; None at the end of the input."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line.strip() if line else None
    try:
        return input("         » ").strip()
    except EOFError:
        return None
