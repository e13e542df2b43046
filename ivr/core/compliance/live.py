"""Rules over a talk that goes on: each utterance as it is said, with what is needed to judge it.

Only rules that one utterance can break are run (`LIVE`). What must have been said by the end, orders, silences and
turns are judged when the call is over, by all that was said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from ivr.core.compliance.inspector import Inspector
from ivr.core.compliance.rule import Figure, Forbid, Found, Notice, Pattern, Ruleset, instead
from ivr.core.compliance.talk import Answered, BankSaid, CallerSaid, Talk

LIVE: Final = (Forbid, Pattern, Notice, Figure)
"""Kinds of rules."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the call when something is said in it."""

    dialplan: str
    """Name of the line."""
    jurisdiction: str
    language: str
    state: str = ""
    """Of the dialplan."""
    disclosures: tuple[str, ...] = ()
    """That were heard."""
    answers: Mapping[str, object] = field(default_factory=dict, repr=False)
    """`source.query.field` -> what an official source answered last."""


@dataclass(frozen=True, slots=True)
class LiveFound:
    """A finding, and what should be said instead."""

    found: Found
    say: str = ""
    """In the language of the call; empty: the rule has no such words."""


class LiveInspector:
    """One ruleset, for talks that go on."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._rules = {f"{ruleset.name}/{rule.head.name}": rule.head for rule in ruleset.rules}
        self._inspector = Inspector(
            replace(ruleset, rules=tuple(rule for rule in ruleset.rules if isinstance(rule, LIVE)))
        )

    def said(
        self, said: Sequence[BankSaid | CallerSaid], context: Context, *, today: date
    ) -> tuple[list[LiveFound], tuple[str, ...]]:
        """What rules find in the last of these utterances, and the rules that failed. Those before it are what was said
        until then: conditions of rules may be about them."""
        latest = said[-1]
        talk = Talk(
            bank=tuple(one for one in said if isinstance(one, BankSaid)),
            caller=tuple(one for one in said if isinstance(one, CallerSaid)),
            samples=latest.last_sample,
            dialplan=context.dialplan,
            jurisdiction=context.jurisdiction,
            language=context.language,
            states=((0, context.state),) if context.state else (),
            disclosures=tuple((0, name) for name in context.disclosures),
            answers=(Answered(0, context.answers),) if context.answers else (),
        )
        inspected = self._inspector.inspect(talk, today=today)
        found = [one for one in inspected.found if _is_in(one, latest)]
        return [LiveFound(one, instead(self._rules[one.rule], context.language)) for one in found], inspected.failed


def _is_in(found: Found, said: BankSaid | CallerSaid) -> bool:
    return found.speaker == said.speaker and said.first_sample <= found.first_sample < said.last_sample
