"""What one call knows: its values, its language, who calls. What a value proved goes with the value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Self

from ivr.core.dialplan.expression import Expression, Known, holds
from ivr.core.dialplan.hours import local_day
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.parts import ValueSpec
from ivr.core.dialplan.runtime.orders import Orders
from ivr.core.dialplan.runtime.weighing import Weighing
from ivr.core.events import Event
from ivr.core.foreign import currency_of
from ivr.core.identity.identity import Identity, asking
from ivr.core.identity.level import Level
from ivr.core.identity.risk import NOTHING_TOLD, Signal
from ivr.core.lot import lot
from ivr.core.orders.alerts import CALLER, RuleFound
from ivr.core.orders.evidence import FactorProved, IdentityReached
from ivr.core.orders.listening import TranscriptReady
from ivr.core.orders.reading import CallerOverheard
from ivr.core.orders.risk import CountCalls
from ivr.core.orders.voice import VoiceScored, VoiceUnscored
from ivr.core.sip.telephone import telephone_number

MOST_ASKED = 2
"""How often in a row a step up asks for one factor in vain."""


def sample_of(call_id: str) -> Decimal:
    """Drawn by the call's id, so the caller, the agent and the dialplan have no part in it."""
    return Decimal(int(lot(call_id, "ivr-sample/1") * 10_000)) / 100


class Knowledge:
    """Of one call in one dialplan. Its printed form shows no value."""

    __slots__ = (
        "_arrived_at", "_dialplan", "_orders", "called", "caller", "identity", "language", "sample", "spoke", "values",
        "weighing",
    )  # fmt: skip

    def __init__(
        self,
        dialplan: Dialplan,
        orders: Orders,
        *,
        called: str,
        caller: str,
        arrived_at: float,
        call_id: str = "",
        weighing: Weighing | None = None,
    ) -> None:
        """`arrived_at`: wall-clock time of the call's arrival, seconds since the epoch; `weighing`: of its risk."""
        self._dialplan, self._orders, self._arrived_at = dialplan, orders, arrived_at
        self.called = called
        self.caller = caller
        """The caller's address as given by the peer; personal."""
        self.sample = sample_of(call_id)
        """Where the call stands among all, 0 to 99.99: below 20 are a fifth of them."""
        self.language = dialplan.languages[0]
        self.values: dict[str, Known] = {}
        self.identity = Identity(policy=dialplan.policy)
        self.weighing = weighing or Weighing(NOTHING_TOLD)
        self.spoke = False
        """Whether somebody else talked with the caller since a state was entered."""

    def twin(self, orders: Orders) -> Self:
        """A copy that goes its own way."""
        found = object.__new__(type(self))
        found._dialplan, found._orders, found._arrived_at = self._dialplan, orders, self._arrived_at
        found.called, found.caller, found.sample = self.called, self.caller, self.sample
        found.language, found.weighing = self.language, self.weighing.twin()
        found.values, found.identity, found.spoke = dict(self.values), self.identity, self.spoke
        return found

    def wall(self) -> float:
        """The time on the wall, seconds since the epoch: that of the arrival, and what has passed since."""
        return self._arrived_at + self._orders.now - self._orders.began

    def today(self) -> date:
        """The day it is where the line is."""
        return local_day(self.wall(), self._dialplan.zone)

    def value(self, name: str) -> Known | None:
        """A value of the call, or None while it is not known."""
        if name in self.values:
            return self.values[name]
        if name == "language":
            return self.language
        if name == "identity":
            return str(self.identity.level)
        if name == "call_risk":
            return str(self.identity.risk)
        if name == "risk_score":
            scored = self.weighing.scored
            return None if scored is None else Decimal(scored.points)
        if name == "today":
            return self.today().isoformat()
        if name == "sample":
            return self.sample
        if name in self._dialplan.hours:
            return self._dialplan.hours[name].open_at(self.wall())
        if name == "jurisdiction":
            # Where the dialplan declares a value of this name, it has no jurisdiction of its own.
            return self._dialplan.jurisdiction
        return self.called if name == "called" else None

    def spec(self, name: str) -> ValueSpec | None:
        """How a value is declared; None: it is not."""
        return self._dialplan.values.get(name)

    def judge(self, condition: Expression) -> bool:
        """Whether a condition is met now."""
        return holds(condition, self.value)

    def currency_of(self, name: str) -> str | None:
        """ISO 4217 code of an amount's currency; None while the value that holds it is not known."""
        spec = self.spec(name)
        currency = spec.currency if spec is not None else None
        if currency is not None and currency in self._dialplan.values:
            return currency_of(self.values.get(currency))
        return currency

    # --- values ---

    def assign(self, name: str, value: Known, origin: frozenset[str] = frozenset()) -> None:
        """Know a value. An identity that rests on it is gone."""
        self.values[name] = value
        self._believe(self.identity.learned(name, origin))

    def forget(self, name: str) -> None:
        """Know a value no longer."""
        self.values.pop(name, None)
        self._believe(self.identity.forgot(name))

    def drop(self, names: Iterable[str]) -> None:
        """Secrets have served: they are gone, and an identity that they proved stays."""
        for name in names:
            self.values.pop(name, None)
            self.identity = self.identity.dropped(name)

    def spend(self, name: str) -> None:
        """A secret serves one lookup. What it came from is still known: an identity may rest on that."""
        self.values.pop(name, None)

    def refresh(self, names: Iterable[str]) -> None:
        """A dialog begins: none of its values is known. An identity that rests on one is gone."""
        for name in names:
            self.forget(name)

    def hand_back(self, inner: str, outer: str) -> None:
        """A dialog's result is known under another name, or is not known.

        An identity that rests on the result rests on that name too from here on: it is still the same person.
        """
        value = self.values.get(inner)
        if inner in self.identity.bound:
            self.values.pop(outer, None)
            if value is not None:
                self.values[outer] = value
            self.identity = self.identity.handed_on(inner, outer, known=value is not None)
        elif value is None:
            self.forget(outer)
        else:
            self.assign(outer, value, self.roots(frozenset({inner})))

    # --- who calls ---

    def roots(self, names: frozenset[str]) -> frozenset[str]:
        """These values and all that they were looked up with."""
        return self.identity.roots(names)

    def identified(self, factor: str, by: frozenset[str]) -> None:
        """A factor is proved: the caller is who these values say."""
        self.identity = self.identity.reached(factor, by, self._orders.now)
        if not self._dialplan.policy.is_plain:
            self._orders.give(FactorProved(factor))
        self._orders.give(IdentityReached(self.identity.level))

    def is_surely(self, name: str, state: str) -> bool:
        """Whether the identity rests on this value, or on one that it was looked up with, and is what a rule on this
        state demands."""
        rule = self._dialplan.protect.get(state)
        rests = not self.identity.bound.isdisjoint(self.roots(frozenset({name})))
        return rule is not None and rests and self.identity.level.reaches(rule.identity)

    def reckon(self) -> None:
        """A state is to be entered: what has run out counts no longer, and the risk is what it is now."""
        if self._dialplan.risk:
            self._weigh()
        policy = self._dialplan.policy
        if policy.is_plain:
            return
        now = self._orders.now
        over = frozenset(name for name, one in self.identity.proved.items() if policy.spent(name, one.at, now))
        gone = over | policy.not_after(hold=False) if self.spoke else over
        self.spoke = False
        hints = self._vouched_for(policy.hints)
        self._believe(replace(self.identity.without(gone), hints=hints))

    def heard(self, event: Event) -> None:
        """What the caller said, where it is no secret, and whose voice it may be, count for the risk."""
        if isinstance(event, TranscriptReady) and event.text:
            self.weighing.heard(event.text, self.language)
        elif isinstance(event, CallerOverheard):
            self.weighing.heard(event.text, event.language)
        elif isinstance(event, RuleFound) and event.speaker == CALLER:
            self.weighing.ruled(event.rule)
        elif isinstance(event, VoiceScored | VoiceUnscored):
            self.weighing.voice(event.listed)

    def count(self) -> CountCalls | None:
        """What earlier calls are to be asked now, for the risk; None: nothing new."""
        return self.weighing.ask(self.values) if self._dialplan.risk else None

    def was_held(self) -> None:
        """The caller held the line: whoever comes back may be another."""
        self._believe(self.identity.without(self._dialplan.policy.not_after(hold=True)))

    def next_factor(self, level: Level, askable: Iterable[str]) -> str | None:
        """What a step up asks for next: nothing that was asked for too often in vain."""
        identity = self.identity
        held = identity.proved.keys() | identity.hints
        open_ = [name for name in askable if identity.tries.get(asking(name), 0) < MOST_ASKED]
        return identity.policy.lacking(level, held, identity.risk, open_)

    def ask_for(self, factor: str) -> None:
        """A step up asks for it."""
        self.identity = self.identity.tried(asking(factor))

    def _vouched_for(self, hints: Mapping[str, str]) -> frozenset[str]:
        number = None if self.weighing.network & {Signal.WITHHELD, Signal.UNVOUCHED} else telephone_number(self.caller)
        return frozenset(name for name, held in hints.items() if number is not None and self.values.get(held) == number)

    def _weigh(self) -> None:
        used = sum(count for name, count in self.identity.tries.items() if not name.startswith(asking("")))
        scored = self.weighing.weigh(
            self.values, failures=used, hours=self._dialplan.hours, wall=self.wall(), passed=self._orders.passed
        )
        if scored is not None:
            self._believe(replace(self.identity, risk=scored.risk))
            self._orders.give(scored)

    def unidentify(self) -> None:
        """Who the caller is was proved to somebody else: it counts no longer."""
        self._believe(self.identity.lost())

    def tried(self, state: str) -> int:
        """How often a proof of identity was tried in this call, wherever its dialog was used."""
        return self.identity.tries.get(self._dialplan.definition(state), 0)

    def try_again(self, state: str) -> int:
        """Count a try; how many there were."""
        self.identity = self.identity.tried(self._dialplan.definition(state))
        return self.tried(state)

    def _believe(self, identity: Identity) -> None:
        before, self.identity = self.identity.level, identity
        if identity.level is not before:
            self._orders.give(IdentityReached(identity.level))
