"""One call's risk as it goes on: what its dialplan's table makes of what is known, and what is still to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from ivr.core.dialplan.expression import Known
from ivr.core.dialplan.hours import Hours
from ivr.core.identity.risk import Gave, Often, Risk, RiskTable, Seen, Signal, Spoken, Unheard, signals_of
from ivr.core.identity.watchlist import Listed
from ivr.core.orders.calls import CallArrived
from ivr.core.orders.evidence import RiskScored
from ivr.core.orders.risk import CallsCounted, Count, CountCalls
from ivr.core.sip.telephone import telephone_number
from ivr.core.speech.words import holds, normalized

ARRIVAL_COUNT_ID = -1
"""Of what is asked when the call arrives; what a dialplan's values ask for is counted from 1."""


class Weighing:
    """Of one call. Its printed form shows nothing of the caller."""

    __slots__ = (
        "_asked", "_attestation", "_counted", "_counts", "_found", "_gave", "_number", "_silent", "_table", "_waits",
        "network", "scored",
    )  # fmt: skip

    def __init__(self, table: RiskTable, arrival: CallArrived | None = None) -> None:
        self._table = table
        caller, network = ("", None) if arrival is None else (arrival.caller, arrival.network)
        self._number = telephone_number(caller)
        self.network = signals_of(
            number=self._number is not None,
            vouched=network is not None and network.asserted,
            diverted=network is not None and bool(network.diverted),
        )
        """What the network says of the call."""
        self._attestation = "" if network is None else network.attested
        self._found = self.network
        self._counts: dict[Signal, int] = {}
        self._silent: frozenset[Signal] = frozenset()
        self._asked = 0
        """Counts asked for a value, so far."""
        self._counted: Known | None = None
        """Of the value whose calls are counted: what they were counted for."""
        self._waits: CountCalls | None = None
        """What was asked last and is not answered."""
        self._gave: tuple[Gave, ...] = ()
        self.scored: RiskScored | None = None
        """What it comes to; None: there is no table, or nothing was weighed yet."""

    def twin(self) -> Self:
        """A copy that goes its own way."""
        found = object.__new__(type(self))
        for name in self.__slots__:
            setattr(found, name, getattr(self, name))
        found._counts = dict(self._counts)
        return found

    @property
    def risk(self) -> Risk:
        """Now."""
        return Risk.UNKNOWN if self.scored is None else self.scored.risk

    @property
    def waits(self) -> bool:
        """Whether earlier calls were asked for and have not answered."""
        return self._waits is not None

    def arrive(self) -> CountCalls | None:
        """What is asked of earlier calls before the call is answered; None: nothing, or the caller has no number."""
        wanted: list[Count] = []
        for signal, weight in self._table.signals.items():
            if isinstance(weight, Unheard):
                wanted.append(Count(signal, weight.seconds, 1))
            elif isinstance(weight, Often) and signal is Signal.MANY_CALLS:
                wanted.append(Count(signal, weight.seconds, weight.least))
        if not wanted or self._number is None:
            return None
        order = CountCalls(ARRIVAL_COUNT_ID, tuple(wanted), "", self._number)
        self._wait_for(order)
        return order

    def ask(self, values: Mapping[str, Known]) -> CountCalls | None:
        """What is to be asked now that these are known; None: nothing new."""
        name = self._table.counted
        text = values.get(name) if name else None
        if text == self._counted:
            return None
        self._counted = text
        weight = self._table.signals[Signal.ACCOUNT_CALLS]
        self._counts.pop(Signal.ACCOUNT_CALLS, None)
        if text is None or not isinstance(weight, Often):
            self._silent -= {Signal.ACCOUNT_CALLS}
            return None
        self._asked += 1
        wanted = Count(Signal.ACCOUNT_CALLS, weight.seconds, weight.least)
        order = CountCalls(self._asked, (wanted,), name, str(text))
        self._wait_for(order)
        return order

    def _wait_for(self, order: CountCalls) -> None:
        self._waits = order
        self._silent |= {count.signal for count in order.counts}

    def counted(self, answer: CallsCounted) -> bool:
        """Earlier calls have answered, perhaps late; False: that was not asked last for these signals."""
        if answer.count_id not in (ARRIVAL_COUNT_ID, self._asked):
            return False
        if self._waits is not None and self._waits.count_id == answer.count_id:
            self._waits = None
        if answer.counts is not None:
            self._silent -= {signal for signal, _ in answer.counts}
            # This call is one of them.
            self._counts |= {
                signal: count if signal is Signal.NEW_NUMBER else count + 1 for signal, count in answer.counts
            }
        return True

    def heard(self, text: str, language: str) -> None:
        """The caller said this."""
        said = normalized(text, language)
        for signal, weight in self._table.signals.items():
            if isinstance(weight, Spoken) and signal not in self._found:
                phrases = (normalized(phrase, language) for phrase in weight.phrases.get(language, ()))
                if any(holds(said, phrase, language) for phrase in phrases):
                    self._found |= {signal}

    def ruled(self, rule: str) -> None:
        """A published rule found words of the caller's."""
        for signal, weight in self._table.signals.items():
            if isinstance(weight, Spoken) and rule in weight.rules:
                self._found |= {signal}

    def voice(self, listed: Listed) -> None:
        """A voice was compared with the watchlist, or could not be."""
        if listed is Listed.YES:
            self._found |= {Signal.WATCHLIST}
        if listed is Listed.UNKNOWN and Signal.WATCHLIST not in self._found:
            self._silent |= {Signal.WATCHLIST}
        elif listed is not Listed.NOT_ASKED:
            self._silent -= {Signal.WATCHLIST}

    def weigh(
        self, values: Mapping[str, Known], *, failures: int, hours: Mapping[str, Hours], wall: float, passed: float
    ) -> RiskScored | None:
        """The score now; None: nothing changed. `passed`: seconds from the answer."""
        table = self._table
        if Signal.FAILURES in table.signals:
            self._counts[Signal.FAILURES] = failures
        odd = table.signals.get(Signal.ODD_HOUR)
        name = getattr(odd, "hours", "")
        closed = frozenset({name}) if name and not hours[name].open_at(wall) else frozenset()
        seen = Seen(self._found, self._silent, self._counts, values, self._number, self._attestation, closed)
        gives = table.weighed(seen)
        before = {gave.signal: gave for gave in self._gave}
        gave = tuple(
            before[signal]
            if signal in before and before[signal].points == points
            else Gave(signal, points, round(max(0.0, passed), 2))
            for signal, points in gives.items()
        )
        if gave == self._gave:
            return None
        self._gave = gave
        self.scored = RiskScored(*table.score(gives.values()), gave)
        return self.scored
