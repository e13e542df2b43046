"""Who is rung, who talks, who hears whom: of one call, and nowhere else.

Rules: whoever was rung is let go of when the call no longer wants them, exactly once. Only the agent who leads the talk
asks for anything in it. The caller is never without a way on: a talk that nobody leads any more is told to the
dialplan, which goes on; a colleague who does not take a caller that was passed on puts the caller back in the queue.

To the dialplan all phones that ring for its queue are one offer, and all who lead one after the other are one talk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ivr.core.call.scene import SCENES, TALKING, WITH_COLLEAGUE, Cast, Scene, ears
from ivr.core.commands import Command
from ivr.core.events import Event
from ivr.core.orders.colleague import ColleagueFound, ColleagueMissing, FindColleague
from ivr.core.orders.desk import (
    AgentAsked,
    BackInQueue,
    DeskAct,
    HandedOver,
    PartyPressed,
    SendKeys,
    Signal,
    TalkChanged,
    TellDesk,
    Tone,
)
from ivr.core.orders.keypad import DigitPressed, Via
from ivr.core.orders.legs import LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.playing import Clip, PlayMusic, StopMusic
from ivr.core.orders.queue import (
    AgentAnswered,
    AgentFailed,
    AgentOffered,
    CancelAgent,
    DialAgent,
    Enqueue,
    LeaveQueue,
    QueueFailed,
)
from ivr.core.orders.supervisor import SupervisorSent, SupervisorTurned
from ivr.core.orders.talk import CALLER, MUSIC, Bridge, Hear, Unbridge, Whisper, WhisperEnded, target_party
from ivr.core.orders.transfer import CancelTarget, DialTarget, TargetAnswered, TargetFailed

RINGING_SECONDS = 30.0
"""How long a destination rings whom an agent calls."""
RANG_OFF = 487
"""SIP status told of a ringing that we ended."""

Told = tuple[list[Command], list[Event]]
"""What is to be done, and then what the dialplan is to know."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody on the line beside the caller."""

    id: str
    name: str
    transfer_id: int | None = None
    """Of a transfer's target; None: a phone of the house."""

    @property
    def staff(self) -> bool:
        """Whether it is an agent, who may ask for things."""
        return self.transfer_id is None

    def let_go(self) -> Command:
        """The order that ends it."""
        return CancelAgent(self.id) if self.transfer_id is None else CancelTarget(self.transfer_id)


class Talk:
    """One call's."""

    def __init__(
        self,
        *,
        places: Callable[[], Mapping[str, str]] = dict,
        brief: Callable[[], tuple[Clip, ...]] = tuple,
    ) -> None:
        """`places()`: where the dialplan lets an agent hand the caller over to, by keys; `brief()`: what is said to an
        agent before they and the caller are connected."""
        self._places, self._brief = places, brief
        self.agents: list[str] = []
        """Agents who talked with the caller, in order."""
        self.transfers: list[str] = []
        """Destinations that did, in order."""
        self._queued = False
        self._rung: dict[str, Party] = {}
        """Agents whose phones ring for the queue."""
        self._offer = ""
        """The offer that the dialplan knows."""
        self._briefed: set[str] = set()
        self._target: DialTarget | None = None
        """Whom the dialplan has rung."""
        self._scene = Scene.APART
        self._lead: Party | None = None
        self._colleague: Party | None = None
        self._supervisor: Party | None = None
        self._cast = Cast()
        self._role = LegRole.AGENT
        """Of the one with whom the talk began: what the dialplan waits for the end of."""
        self._requests = 0
        self._asked: tuple[int, DeskAct] | None = None
        """The colleague who is looked for, and what for."""
        self._heard: tuple[tuple[str, tuple[str, ...]], ...] = ()
        self._music = False

    # --- what others may know ---------------------------------------------------------------------------------------

    @property
    def scene(self) -> Scene:
        """What goes on."""
        return self._scene

    @property
    def lead(self) -> str:
        """Who leads the talk: a party; empty when nobody does."""
        return self._lead.id if self._lead is not None and self._scene in TALKING else ""

    @property
    def agent_talks(self) -> bool:
        """Whether an agent leads a talk with the caller."""
        return bool(self.lead) and self._lead is not None and self._lead.staff

    @property
    def talks(self) -> bool:
        """Whether anybody does."""
        return bool(self.lead)

    def leads(self, party: str) -> bool:
        """Whether this party is the agent who leads; empty stands for them."""
        return self.agent_talks and party in ("", self.lead)

    # --- facts ------------------------------------------------------------------------------------------------------

    def happened(self, event: Event) -> Told:
        """A fact, before the dialplan sees it."""
        match event:
            case AgentOffered():
                return self._offered(event)
            case AgentAnswered(offer_id=party):
                return self._answered(party)
            case AgentFailed(offer_id=party, code=code):
                return self._failed(party, code, event)
            case TargetAnswered(transfer_id=number):
                return self._target_answered(number, event)
            case TargetFailed(transfer_id=number, code=code):
                return self._target_failed(number, code, event)
            case LegHungUp():
                return self._left(event)
            case LegHeld() | LegResumed() if event.role is not LegRole.CALLER:
                return self._away(event.party, holds=isinstance(event, LegHeld)), []
            case WhisperEnded(party=party):
                return self._whispered(party)
            case AgentAsked():
                return self._ask(event)
            case PartyPressed(party=party, keys=keys) if party == self.lead:
                return [SendKeys(one, keys) for one, heard in self._heard if party in heard and one != CALLER], []
            case DigitPressed(digit=key, via=via) if self.talks and via is not Via.INBAND:
                # A tone in the audio is heard as it is.
                hear = [one for one, heard in self._heard if CALLER in heard and not self._is_supervisor(one)]
                return [SendKeys(one, key) for one in hear], [event]
            case ColleagueFound():
                return self._found(event)
            case ColleagueMissing(request=request):
                return self._missing(request)
            case SupervisorSent():
                return self._sent(event), []
            case SupervisorTurned(offer_id=party, mode=mode) if self._is_supervisor(party):
                self._cast = replace(self._cast, mode=mode)
                return [_note(f"supervisor.{mode}", supervisor=self._supervisor), *self._arranged()], []
            case SupervisorTurned() | PartyPressed():
                return [], []
            case QueueFailed():
                self._queued = False
        return [], [event]

    def ordered(self, order: Command) -> list[Command]:
        """An order of the dialplan's; returns what is to be done before it."""
        match order:
            case Enqueue():
                self._queued = True
            case LeaveQueue():
                self._queued = False
                return self._stop_ringing()
            case DialTarget():
                self._target = order
            case CancelTarget():
                self._target = None
                return self._part()
        return []

    def caller_left(self) -> list[Command]:
        """They hung up: if they waited, they gave up."""
        queued, self._queued = self._queued, False
        return [*self._stop_ringing(), LeaveQueue(gave_up=True)] if queued else []

    def end_talk(self) -> list[Command]:
        """Let go who is connected; the dialplan goes on when their leg has ended, as if they had hung up."""
        lead = self._lead
        if lead is None or not self.talks:
            return []
        return [*self._dismiss_colleague(), *self._to(Scene.TALK), lead.let_go()]

    def release(self) -> list[Command]:
        """Let everyone go: the call ends, or says sorry."""
        queued, self._queued = self._queued, False
        lead = self._lead if self.talks else None
        orders = [*self._part(), *self._stop_ringing(), *([] if lead is None else [lead.let_go()])]
        if self._target is not None and (lead is None or lead.transfer_id != self._target.transfer_id):
            orders.append(CancelTarget(self._target.transfer_id))
        self._target = None
        return [*orders, LeaveQueue(gave_up=True)] if queued else orders

    # --- ringing for the queue --------------------------------------------------------------------------------------

    def _offered(self, event: AgentOffered) -> Told:
        if not self._queued or self._scene is Scene.BRIEFING:
            return [CancelAgent(event.offer_id)], []
        first = not self._rung
        self._rung[event.offer_id] = Party(event.offer_id, event.agent)
        orders: list[Command] = [DialAgent(event.offer_id, event.agent, event.uri)]
        clips = self._brief()
        if clips:
            self._briefed.add(event.offer_id)
            orders.append(Whisper(event.offer_id, clips))
        if first:
            self._offer = event.offer_id
        return orders, [event] if first else []

    def _answered(self, party: str) -> Told:
        if party in self._rung and self._scene is Scene.APART:
            lead = self._rung.pop(party)
            others = self._stop_ringing()
            self._lead, self._role = lead, LegRole.AGENT
            if party in self._briefed:
                self._scene = Scene.BRIEFING
                return others, []
            orders, told = self._connect()
            return [*others, *orders], told
        if self._is_supervisor(party):
            self._cast = replace(self._cast, supervisor=party)
            note = _note(f"supervisor.{self._cast.mode}", supervisor=self._supervisor)
            return [note, *self._arranged()], []
        if self._colleague is not None and self._colleague.id == party:
            return self._colleague_answered(), []
        return [CancelAgent(party)], []

    def _whispered(self, party: str) -> Told:
        if self._scene is Scene.BRIEFING and self._lead is not None and self._lead.id == party:
            return self._connect()
        return [], []

    def _connect(self) -> Told:
        assert self._lead is not None
        self._queued = False
        self.agents.append(self._lead.name)
        self._cast = Cast(lead=self._lead.id, supervisor=self._cast.supervisor, mode=self._cast.mode)
        return [StopMusic(), Bridge(self._lead.id), *self._to(Scene.TALK)], [AgentAnswered(self._offer)]

    def _failed(self, party: str, code: int, event: Event) -> Told:
        if party in self._rung or (self._scene is Scene.BRIEFING and self._lead is not None and self._lead.id == party):
            if self._rung.pop(party, None) is None:  # they left while they were told what it is about
                self._lead, self._scene = None, Scene.APART
            return [], [] if self._rung else [AgentFailed(self._offer, code)]
        if self._is_supervisor(party):
            return self._supervisor_gone(), []
        if self._colleague is not None and self._colleague.id == party:
            return self._colleague_failed()
        return [], []

    def _stop_ringing(self) -> list[Command]:
        rung, self._rung = list(self._rung.values()), {}
        if self._scene is Scene.BRIEFING and self._lead is not None:
            rung.append(self._lead)
            self._lead, self._scene = None, Scene.APART
        return [party.let_go() for party in rung]

    # --- transfers that the dialplan makes ----------------------------------------------------------------------------

    def _target_answered(self, number: int, event: Event) -> Told:
        if self._colleague is not None and self._colleague.transfer_id == number:
            return self._colleague_answered(), []
        if self._target is None or number != self._target.transfer_id or self.talks:
            return [], [event]
        self._lead = Party(target_party(number), self._target.destination, number)
        self._role = LegRole.TARGET
        self.transfers.append(self._lead.name)
        self._cast = Cast(lead=self._lead.id)
        return [StopMusic(), Bridge(self._lead.id), *self._to(Scene.TALK)], [event]

    def _target_failed(self, number: int, code: int, event: Event) -> Told:
        if self._colleague is not None and self._colleague.transfer_id == number:
            return self._colleague_failed()
        if self._target is not None and number == self._target.transfer_id:
            self._target = None
        return [], [event]

    # --- leaving ----------------------------------------------------------------------------------------------------

    def _left(self, event: LegHungUp) -> Told:
        party = event.party or (self.lead if event.role is self._role else "")
        if event.role is LegRole.CALLER:
            return [], [event]
        if self._is_supervisor(party):
            return self._supervisor_gone(), []
        if self._colleague is not None and party == self._colleague.id:
            return self._colleague_gone(), []
        if not self.talks or party != self.lead:
            return [], []
        if self._colleague is not None and self._scene in WITH_COLLEAGUE:
            if self._cast.answered:
                return self._transferred(), []
            return self._passed(), []
        self._target = None
        role = self._role
        return self._part(), [LegHungUp(role, event.code, event.by_far_end)]

    def _away(self, party: str, *, holds: bool) -> list[Command]:
        who = party or self.lead
        away = self._cast.away | {who} if holds else self._cast.away - {who}
        self._cast = replace(self._cast, away=away)
        return self._arranged()

    def _part(self) -> list[Command]:
        """The talk is over, whoever led it."""
        if not self.talks and self._scene is not Scene.PASSED:
            return []
        orders = self._dismiss_colleague()
        if self._supervisor is not None:
            orders += [self._supervisor.let_go(), *self._supervisor_gone()]
        self._lead, self._asked = None, None
        return [*orders, Unbridge(), *self._to(Scene.APART)]

    # --- what the agent asks for --------------------------------------------------------------------------------------

    def _ask(self, asked: AgentAsked) -> Told:
        if not self.leads(asked.party):
            return [Signal(asked.party, Tone.REFUSED)] if asked.party in self._known() else [], []
        act = asked.act
        if act in (DeskAct.AWAY, DeskAct.LOG_OUT, DeskAct.READY):
            return [TellDesk(self.lead, str(act), asked.argument), Signal(self.lead, Tone.DONE)], []
        if act is DeskAct.MUTE:
            self._cast = replace(self._cast, muted=not self._cast.muted)
            return [*self._arranged(), Signal(self.lead, Tone.DONE)], []
        target = SCENES[self._scene].get(act)
        needs_answer = act is not DeskAct.BACK and self._scene in WITH_COLLEAGUE
        if target is None or (needs_answer and not self._cast.answered):
            return self._refuse()
        match act:
            case DeskAct.CONSULT | DeskAct.PASS_ON:
                return self._look_for(act, asked.argument), []
            case DeskAct.HAND_OVER:
                return self._hand_over(asked.argument)
            case DeskAct.TRANSFER:
                return [Signal(self.lead, Tone.DONE), *self._transferred(by_key=True)], []
            case DeskAct.BACK if self._colleague is not None:
                return [*self._dismiss_colleague(), _note("talk.resumed", agent=self._lead), *self._to(target)], []
        step = {Scene.HOLD: "talk.held", Scene.CONFERENCE: "conference.began"}.get(target, "talk.resumed")
        step = "consult.resumed" if target is Scene.CONSULT else step
        return [_note(step, agent=self._lead), *self._to(target), Signal(self.lead, Tone.DONE)], []

    def _refuse(self) -> Told:
        return [Signal(self.lead, Tone.REFUSED)], []

    def _look_for(self, act: DeskAct, digits: str) -> list[Command]:
        self._requests += 1
        self._asked = (self._requests, act)
        return [FindColleague(self._requests, digits)]

    def _hand_over(self, place: str) -> Told:
        if place not in self._places() or self._role is not LegRole.AGENT:
            return self._refuse()
        lead = self._lead
        assert lead is not None
        note = _note("talk.handed_over", agent=lead, place=place)
        return [note, *self._part(), lead.let_go()], [HandedOver(place)]

    # --- the colleague ------------------------------------------------------------------------------------------------

    def _found(self, found: ColleagueFound) -> Told:
        asked = self._asked
        wanted = asked is not None and asked[0] == found.request and self.agent_talks
        if asked is None or not wanted or asked[1] not in SCENES[self._scene]:
            return [CancelAgent(found.offer_id)] if found.offer_id else [], []
        self._asked = None
        passes = asked[1] is DeskAct.PASS_ON
        number = None if found.offer_id else -found.request
        self._colleague = Party(found.offer_id or target_party(-found.request), found.name, number)
        self._cast = replace(self._cast, colleague=self._colleague.id, answered=False)
        rung = _note("consult.rung", agent=self._lead, colleague=self._colleague)
        dial: Command
        if number is None:
            role = LegRole.AGENT if passes else LegRole.CONSULTANT
            dial = DialAgent(found.offer_id, found.name, found.uri, role=role)
        else:
            dial = DialTarget(number, found.name, RINGING_SECONDS)
        if not passes:
            return [rung, dial, *self._to(Scene.CONSULT)], []
        lead = self._lead
        assert lead is not None
        return [rung, dial, *self._passed(), lead.let_go()], []

    def _missing(self, request: int) -> Told:
        if self._asked is None or self._asked[0] != request:
            return [], []
        self._asked = None
        return self._refuse() if self.lead else ([], [])

    def _colleague_answered(self) -> list[Command]:
        assert self._colleague is not None
        self._cast = replace(self._cast, answered=True)
        if self._scene is Scene.PASSED:
            return self._led_by_colleague()
        note = _note("consult.connected", agent=self._lead, colleague=self._colleague)
        return [note, *self._arranged()]

    def _colleague_failed(self) -> Told:
        """They did not take it. A caller who was passed on waits on; one who waits for their agent gets them back."""
        passed = self._scene is Scene.PASSED
        orders = self._colleague_gone()
        if not passed:
            return orders, []
        return [*orders, *self._part()], [BackInQueue()]

    def _colleague_gone(self) -> list[Command]:
        note = _note("consult.ended", colleague=self._colleague)
        self._colleague = None
        self._cast = replace(self._cast, colleague="", answered=False)
        if self._scene not in WITH_COLLEAGUE:
            return [note]
        return [note, *self._to(Scene.TALK), Signal(self.lead, Tone.REFUSED)]

    def _dismiss_colleague(self) -> list[Command]:
        colleague = self._colleague
        if colleague is None:
            return []
        self._colleague = None
        self._cast = replace(self._cast, colleague="", answered=False)
        return [_note("consult.ended", colleague=colleague), colleague.let_go()]

    def _transferred(self, *, by_key: bool = False) -> list[Command]:
        """The lead leaves the caller with the colleague: they asked for it, or hung up."""
        lead = self._lead
        assert lead is not None
        orders = [_note("talk.transferred", agent=lead, colleague=self._colleague), *self._led_by_colleague()]
        return [*orders, lead.let_go()] if by_key else orders

    def _passed(self) -> list[Command]:
        """The lead is gone, or about to, before the colleague answered."""
        note = _note("talk.passed_on", agent=self._lead, colleague=self._colleague)
        orders: list[Command] = []
        if self._supervisor is not None:
            orders = [self._supervisor.let_go(), *self._supervisor_gone()]
        self._lead = None
        return [note, *orders, Unbridge(), *self._to(Scene.PASSED)]

    def _led_by_colleague(self) -> list[Command]:
        lead = self._colleague
        assert lead is not None
        self._lead, self._colleague = lead, None
        self._cast = replace(self._cast, lead=lead.id, colleague="", answered=False, muted=False)
        (self.agents if lead.staff else self.transfers).append(lead.name)
        return [Bridge(lead.id), *self._to(Scene.TALK)]

    # --- the supervisor -----------------------------------------------------------------------------------------------

    def _is_supervisor(self, party: str) -> bool:
        return self._supervisor is not None and self._supervisor.id == party

    def _sent(self, event: SupervisorSent) -> list[Command]:
        if not self.agent_talks or self._supervisor is not None:
            return [CancelAgent(event.offer_id)]
        self._supervisor = Party(event.offer_id, event.agent)
        self._cast = replace(self._cast, mode=event.mode)
        return [DialAgent(event.offer_id, event.agent, event.uri, role=LegRole.SUPERVISOR)]

    def _supervisor_gone(self) -> list[Command]:
        note = _note("supervisor.left", supervisor=self._supervisor)
        self._supervisor = None
        self._cast = replace(self._cast, supervisor="")
        return [note, *self._arranged()]

    # --- who hears whom -----------------------------------------------------------------------------------------------

    def _known(self) -> set[str]:
        people = (self._lead, self._colleague, self._supervisor)
        return {one.id for one in people if one is not None}

    def _to(self, scene: Scene) -> list[Command]:
        self._scene = scene
        return self._arranged()

    def _arranged(self) -> list[Command]:
        """What changed in who hears whom; the caller's music is the player's."""
        found = ears(self._scene, self._cast)
        music = found.get(CALLER) == (MUSIC,)
        if music:
            found[CALLER] = ()
        orders: list[Command] = []
        if music is not self._music:
            self._music = music
            orders.append(PlayMusic() if music else StopMusic())
        heard = tuple(sorted(found.items()))
        if heard != self._heard:
            self._heard = heard
            orders.append(Hear(heard))
        return orders


def _note(step: str, **people: Party | str | None) -> TalkChanged:
    """A step of the talk for the call's story, with the names of those in it."""
    return TalkChanged(
        step, **{role: one.name if isinstance(one, Party) else one or "" for role, one in people.items()}
    )
