"""The agents' side of a conversation: who is rung, what each of them hears, and what the hub and they are told.

Who is rung, who talks and who hears whom is decided by `ivr.core.call.talk`. This carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from ivr.core.events import Event
from ivr.core.media.frame import SILENT_FRAME
from ivr.core.orders.colleague import ColleagueFound, ColleagueMissing, FindColleague
from ivr.core.orders.desk import AgentAsked, DeskAct, SendKeys, Signal, TellDesk
from ivr.core.orders.legs import LegHungUp
from ivr.core.orders.queue import AgentFailed, AgentOffered, CancelAgent, DialAgent
from ivr.core.orders.recording import PauseAsked, ResumeAsked
from ivr.core.orders.supervisor import SupervisorSent, SupervisorTurned
from ivr.core.orders.talk import CALLER, Bridge, Hear, Unbridge, Whisper
from ivr.core.orders.transfer import CancelTarget, DialTarget
from ivr.engine.bus.desk import (
    ColleagueOffered,
    ColleagueRefused,
    ColleagueWanted,
    DeskOrdered,
    DeskTold,
    SupervisorOffered,
)
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import Offered
from ivr.engine.cell.config import CellConfig, Prompts, Surroundings
from ivr.engine.cell.ears import Ears
from ivr.engine.cell.far_ends import FarEnds
from ivr.engine.cell.stretches import Ends
from ivr.engine.cell.talk import TalkClock
from ivr.errors import IvrError
from ivr.ports.telephony import LegDigit, LegFact


class Desk:
    """One call's."""

    def __init__(
        self,
        around: Surroundings,
        call_id: str,
        config: CellConfig,
        *,
        caller: int,
        prompts: Prompts,
        sample: Callable[[], int],
    ) -> None:
        """`caller`: their leg; `sample()`: where the call's time line is."""
        self._around, self._call_id, self._config = around, call_id, config
        self._telephony, self._caller, self._sample = around.telephony, caller, sample
        self.far = FarEnds(around, call_id, config, sample=sample)
        self.ears = Ears(prompts, around.speech, around.music, around.monotonic)
        self._clock = TalkClock(config.longest_talk, config.talk_warning)
        self._talks = False
        self._facts: list[Event] = []

    @property
    def news(self) -> bool:
        """Whether `facts` has any."""
        return bool(self._facts) or self.ears.news

    @property
    def is_empty(self) -> bool:
        """Whether nobody was dialled, or all have left: then a look once a second is enough."""
        return self.far.is_empty

    def facts(self) -> list[Event]:
        """What followed from orders, and what ended."""
        facts, self._facts = self._facts, []
        return [*facts, *self.ears.facts()]

    # --- facts ------------------------------------------------------------------------------------------------------

    def take(self, fact: LegFact) -> list[Event] | None:
        """A fact of one of the agents' legs; None: it is none of theirs."""
        if isinstance(fact, LegDigit) and self._skips(fact.leg):
            return []
        before = self.far.answered
        events = self.far.take(fact)
        if self.far.answered is not before:
            for leg in self.far.answered:
                if leg not in before:
                    self.ears.answered(leg.party)
        for event in events or ():
            if isinstance(event, AgentFailed):
                self.ears.left(event.offer_id)
            elif isinstance(event, LegHungUp):
                self.ears.left(event.party)
        return events

    def take_hub(self, message: Message, *, over: bool) -> list[Event] | None:
        """A word of the hub's about this call's agents; None: it is about something else."""
        call_id = self._call_id
        match message:
            case Offered(call_id=to, offer_id=offer_id) | ColleagueOffered(call_id=to, offer_id=offer_id) if (
                to == call_id and over
            ):
                self.far.cancel_agent(offer_id)
            case SupervisorOffered(call_id=to, offer_id=offer_id) if to == call_id and over:
                self.far.cancel_agent(offer_id)
            case Offered(call_id=to) if to == call_id:
                return [AgentOffered(message.offer_id, message.agent, message.uri, message.ring_seconds)]
            case ColleagueOffered(call_id=to, request=request, offer_id=offer_id, agent=agent, uri=uri) if (
                to == call_id
            ):
                return [ColleagueFound(request, agent, offer_id, uri)]
            case ColleagueRefused(call_id=to, request=request) if to == call_id:
                return [ColleagueMissing(request)]
            case SupervisorOffered(call_id=to, offer_id=offer_id, agent=agent, uri=uri, mode=mode) if to == call_id:
                sent = SupervisorSent(offer_id, agent, uri, mode)
                return [sent if uri else SupervisorTurned(offer_id, mode)]
            case DeskOrdered(call_id=to, offer_id=offer_id, act=DeskAct.PAUSE_RECORDING) if to == call_id:
                return [PauseAsked(self._config.agent_pause_seconds, offer_id)]
            case DeskOrdered(call_id=to, offer_id=offer_id, act=DeskAct.RESUME_RECORDING) if to == call_id:
                return [ResumeAsked(offer_id)]
            case DeskOrdered(call_id=to, offer_id=offer_id, act=act, argument=argument) if to == call_id:
                return [AgentAsked(offer_id, act, argument)]
            case _:
                return None
        return []

    def check(self) -> list[Event]:
        """Five times a second."""
        self.far.tick()
        self.ears.check()
        return list(self._clock.look(self._sample())) if self._talks else []

    def _skips(self, leg: int) -> bool:
        return any(far.leg == leg and self.ears.skip(far.party) for far in self.far.answered)

    # --- every 20 ms ------------------------------------------------------------------------------------------------

    def heard(self, from_caller: bytes) -> dict[str, bytes]:
        """What everybody says now, by party."""
        read = self._telephony.read
        frames = {CALLER: from_caller}
        for far in self.far.answered:
            if far.leg is not None:
                frames[far.party] = read(far.leg)
        return frames

    def send(self, frames: dict[str, bytes], sample: int, beep: bytes | None) -> None:
        """Let every agent hear what they are to hear; a notice of the recording comes first."""
        write = self._telephony.write
        for far in self.far.answered:
            if far.leg is not None:
                write(far.leg, beep or self.ears.of(far.party, frames, sample))

    def record(self, frames: dict[str, bytes], kept: dict[str, bytes]) -> None:
        """Put what they say into its channels."""
        for far in self.far.answered:
            kept[far.channel] = frames.get(far.party, SILENT_FRAME)

    # --- many frames in a row ---------------------------------------------------------------------------------------

    def ends(self, *, sends: bool) -> Ends | None:
        """The legs, if each hears one other, or nobody; None: there is something to mix or to say to one of them."""
        legs = {CALLER: self._caller} | {far.party: far.leg for far in self.far.answered if far.leg is not None}
        far: list[tuple[int, int | None]] = []
        for party, leg in legs.items():
            heard = self.ears.only_one(party)
            if heard is None or (heard and heard not in legs):
                return None
            if party != CALLER:
                far.append((leg, legs[heard] if heard else None))
        caller = self.ears.only_one(CALLER)
        return Ends(self._caller, sends, far, legs[caller] if caller else None)

    def kept(self, heard: Mapping[int, bytes]) -> Iterator[tuple[str, bytes]]:
        """What they said in such a row, by channel of the recording."""
        for far in self.far.answered:
            if far.leg is not None:
                yield far.channel, heard[far.leg]

    def said(self, from_caller: bytes, heard: Mapping[int, bytes]) -> dict[str, bytes]:
        """What everybody said in such a row, by party."""
        far = {far.party: heard[far.leg] for far in self.far.answered if far.leg is not None}
        return {CALLER: from_caller} | far

    # --- orders -----------------------------------------------------------------------------------------------------

    def actions(self) -> dict[type, Callable[[Any], None]]:
        """Which method carries out which order."""
        far, ears = self.far, self.ears
        return {
            DialAgent: lambda o: self._facts.extend(far.dial_agent(o)),
            CancelAgent: lambda o: far.cancel_agent(o.offer_id),
            DialTarget: lambda o: self._facts.extend(far.dial_target(o)),
            CancelTarget: lambda o: far.cancel_target(o.transfer_id),
            Bridge: self._bridge,
            Unbridge: lambda _: self._part(),
            Hear: ears.arrange,
            Whisper: ears.whisper,
            Signal: ears.signal,
            SendKeys: self._send_keys,
            FindColleague: self._find,
            TellDesk: self._tell,
        }

    def _bridge(self, order: Bridge) -> None:
        self._talks = True
        self._clock.began(self._sample())
        self.far.connected(order.party)

    def _part(self) -> None:
        self._talks = False

    def _send_keys(self, order: SendKeys) -> None:
        leg = self._caller if order.party == CALLER else None
        far = self.far.get(order.party)
        leg = far.leg if far is not None else leg
        if leg is not None:
            with suppress(IvrError):  # it may have ended, or take no keys
                self._telephony.send_digits(leg, order.keys)

    def _find(self, order: FindColleague) -> None:
        """A destination by its digits, or else an agent by their extension: that is the hub's to say."""
        destination = self._config.destinations.get(order.digits)
        if destination is not None:
            self._facts.append(ColleagueFound(order.request, destination))
        elif self._around.hub.fileno() < 0:
            self._facts.append(ColleagueMissing(order.request))
        else:
            self._around.hub.send(ColleagueWanted(self._call_id, order.request, order.digits))

    def _tell(self, order: TellDesk) -> None:
        far = self.far.get(order.offer_id)
        if far is not None:
            self._around.hub.send(DeskTold(self._call_id, far.name, order.choice, order.reason))
