"""Calls and rules, made for these tests."""

from __future__ import annotations

from datetime import date
from textwrap import dedent, indent

from ivr.core.compliance.inspector import Inspected, Inspector
from ivr.core.compliance.rule import Found
from ivr.core.compliance.rules_file import load_rules
from ivr.core.compliance.talk import BankSaid, CallerSaid, Speaker, Talk
from ivr.core.media.frame import SAMPLE_RATE

TODAY = date(2026, 11, 29)
SECOND = SAMPLE_RATE


def rules(text: str, *, head: str = "languages: [en, zh]") -> Inspector:
    """The rules of a text that is written below `rules:`."""
    return Inspector(load_rules(written(text, head=head), source="rules.yaml"))


def written(text: str, *, head: str = "languages: [en, zh]") -> str:
    """A whole file; each rule gets its source and its counsel."""
    found = []
    for line in dedent(text).strip().splitlines():
        found.append(line)
        if line and not line.startswith((" ", "#")):
            found += ["  source: the law", "  counsel: check with counsel"]
    return f'name: made\nversion: "1"\n{head}\nrules:\n' + indent("\n".join(found), "  ") + "\n"


def machine(text: str, at: float = 0, language: str = "en", length: float = 5) -> BankSaid:
    """Said by the machine, from a second on."""
    return BankSaid(int(at * SECOND), int((at + length) * SECOND), language, text)


def agent(text: str, at: float = 0, language: str = "en", length: float = 5, confidence: float = 1.0) -> BankSaid:
    """Said by an agent."""
    return BankSaid(int(at * SECOND), int((at + length) * SECOND), language, text, confidence, Speaker.AGENT)


def caller(text: str, at: float = 0, language: str = "en", length: float = 5, confidence: float = 1.0) -> CallerSaid:
    """Said by the caller."""
    return CallerSaid(int(at * SECOND), int((at + length) * SECOND), language, text, confidence)


def talk(*said: BankSaid | CallerSaid, **known: object) -> Talk:
    """A call of these."""
    bank = tuple(one for one in said if isinstance(one, BankSaid))
    callers = tuple(one for one in said if isinstance(one, CallerSaid))
    return Talk(bank, callers, samples=max((one.last_sample for one in said), default=0), **known)  # type: ignore[arg-type]


def inspected(inspector: Inspector, call: Talk) -> Inspected:
    """What the rules make of it."""
    return inspector.inspect(call, today=TODAY)


def found(inspector: Inspector, *said: BankSaid | CallerSaid, **known: object) -> list[Found]:
    """What is found in a call of these; no rule may fail."""
    result = inspected(inspector, talk(*said, **known))
    assert result.failed == ()
    return list(result.found)
