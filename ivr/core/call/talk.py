"""Who is rung, who talks, who hears whom: of one call, and nowhere else.

Rules: whoever was rung is let go of when the call no longer wants them, exactly once. Only the agent who leads the talk
asks for anything in it. The caller is never without a way on: a talk that nobody leads any more is told to the
dialplan, which goes on; a phone that vanishes, or a colleague who does not take it, puts the caller back in the queue.

To the dialplan all phones that ring for its queue are one offer, and all who lead one after the other are one talk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ivr.core.call.alerts import Alerts
from ivr.core.call.consultation import Consultation
from ivr.core.call.leading import Leading
from ivr.core.call.party import Party, changed
from ivr.core.call.ringing import Ringing
from ivr.core.call.scene import SCENES, STEPS, WITH_COLLEAGUE, Cast, Scene
from ivr.core.call.supervision import Supervision
from ivr.core.commands import Command
from ivr.core.dialplan.runtime.places import Places
from ivr.core.events import Event
from ivr.core.orders.alerts import RuleFound
from ivr.core.orders.assist import AssistBegun, Rejoin
from ivr.core.orders.colleague import ColleagueFound, ColleagueMissing
from ivr.core.orders.desk import (
    AgentAsked,
    BackInQueue,
    CallerConfirmed,
    DeskAct,
    HandedOver,
    PartyPressed,
    SendKeys,
    Signal,
    TellDesk,
    Tone,
)
from ivr.core.orders.keypad import DigitPressed, Via
from ivr.core.orders.legs import VANISHED, LegHeld, LegHungUp, LegResumed, LegRole
from ivr.core.orders.playing import Clip, StopMusic
from ivr.core.orders.queue import (
    AgentAnswered,
    AgentFailed,
    AgentOffered,
    CancelAgent,
    Enqueue,
    LeaveQueue,
    QueueFailed,
)
from ivr.core.orders.reading import AgentSaid, DisclosureRead
from ivr.core.orders.supervisor import SupervisorSent, SupervisorTurned
from ivr.core.orders.talk import CALLER, Bridge, Unbridge, WhisperEnded, target_party
from ivr.core.orders.transfer import CancelTarget, DialTarget, TargetAnswered, TargetFailed

Told = tuple[list[Command], list[Event]]
"""What is to be done, and then what the dialplan is to know."""


class Talk(Leading):
    """One call's."""

    def __init__(self, *, places: Callable[[], Places] = Places, brief: Callable[[], tuple[Clip, ...]] = tuple) -> None:
        """`places()`: where the dialplan lets an agent lead the caller; `brief()`: what is said to an agent before they
        and the caller are connected."""
        super().__init__()
        self._places, self._brief = places, brief
        self.agents: list[str] = []
        """Agents who talked with the caller, in order."""
        self.transfers: list[str] = []
        """Destinations that did, in order."""
        self._ringing = Ringing()
        self._target: DialTarget | None = None
        """Whom the dialplan has rung."""
        self._colleague = Consultation(self._stage)
        self._supervisor = Supervision(self._stage)
        self._alerts = Alerts()

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
                return self._stage.away(event.party or self.lead, holds=isinstance(event, LegHeld)), []
            case WhisperEnded(party=party):
                return self._whispered(party)
            case AgentAsked():
                return self._ask(event)
            case PartyPressed(party=party, keys=keys) if party == self.lead:
                return [SendKeys(one, keys) for one in self._stage.hearing(party) if one != CALLER], []
            case DigitPressed(digit=key, via=via) if self.talks and via is not Via.INBAND:
                # A tone in the audio is heard as it is.
                hear = self._stage.hearing(CALLER)
                return [SendKeys(one, key) for one in hear if not self._supervisor.by(one)], [event]
            case ColleagueFound():
                return self._found(event)
            case ColleagueMissing(request=request):
                return self._missing(request)
            case SupervisorSent():
                return self._supervisor.sent(event, wanted=self.agent_talks), []
            case SupervisorTurned(offer_id=party, mode=mode):
                return self._supervisor.turned(mode) if self._supervisor.by(party) else [], []
            case AgentSaid(party=party):
                hears = self.leads(party) and self._role is LegRole.AGENT and self._stage.scene is Scene.TALK
                return [], [replace(event, agent=self._lead.name)] if hears and self._lead is not None else []
            case RuleFound():
                return list(self._alerts.found(event)), [event]
            case PartyPressed():
                return [], []
            case QueueFailed():
                self._ringing.queued = False
        return [], [event]

    def ordered(self, order: Command) -> list[Command]:
        """An order of the dialplan's; returns what is to be done before it."""
        match order:
            case Rejoin(missing=missing):
                told = Signal(self.lead, Tone.REFUSED if missing else Tone.DONE)
                return [changed("talk.rejoined", agent=self._lead), *self._stage.to(Scene.TALK), told]
            case DisclosureRead():
                return [Signal(self.lead, Tone.DONE)]
            case Enqueue() if not self._ringing.queued:
                self._ringing.queued = True
                return self._let_go()  # who stayed while the line had taken over
            case LeaveQueue():
                self._ringing.queued = False
                return self._stop_ringing()
            case DialTarget():
                self._target = order
                return self._let_go()
            case CancelTarget():
                self._target = None
                return self._part()
        return []

    def caller_left(self) -> list[Command]:
        """They hung up: if they waited, they gave up."""
        queued, self._ringing.queued = self._ringing.queued, False
        return [*self._stop_ringing(), LeaveQueue(gave_up=True)] if queued else []

    def end_talk(self) -> list[Command]:
        """Let go who is connected; the dialplan goes on when their leg has ended, as if they had hung up."""
        lead = self._lead
        if lead is None or not self.talks:
            return []
        return [*self._colleague.dismiss(), *self._stage.to(Scene.TALK), lead.let_go()]

    def release(self) -> list[Command]:
        """Let everyone go: the call ends, or says sorry."""
        queued, self._ringing.queued = self._ringing.queued, False
        lead = self._lead if self.talks else None
        orders = [*self._let_go(), *self._stop_ringing()]
        if self._target is not None and (lead is None or lead.transfer_id != self._target.transfer_id):
            orders.append(CancelTarget(self._target.transfer_id))
        self._target = None
        return [*orders, LeaveQueue(gave_up=True)] if queued else orders

    # --- ringing for the queue --------------------------------------------------------------------------------------

    def _offered(self, event: AgentOffered) -> Told:
        if not self._ringing.queued or self._stage.scene is Scene.BRIEFING:
            return [CancelAgent(event.offer_id)], []
        first = not self._ringing
        return self._ringing.begin(event, self._brief()), [event] if first else []

    def _answered(self, party: str) -> Told:
        if party in self._ringing and self._stage.scene is Scene.APART:
            lead = self._ringing.end(party)
            others = self._stop_ringing()
            self._lead, self._role = lead, LegRole.AGENT
            if self._ringing.briefed(party):
                self._stage.scene = Scene.BRIEFING
                return others, []
            orders, told = self._connect()
            return [*others, *orders], told
        if self._supervisor.by(party):
            return self._supervisor.answered(), []
        if self._colleague.by(party):
            return self._colleague_answered(), []
        return [CancelAgent(party)], []

    def _whispered(self, party: str) -> Told:
        return self._connect() if self._is_briefed(party) else ([], [])

    def _connect(self) -> Told:
        lead, cast = self._lead, self._stage.cast
        assert lead is not None
        self._ringing.queued = False
        self._stage.cast = Cast(lead=lead.id, supervisor=cast.supervisor, mode=cast.mode)
        return [StopMusic(), *self._led_by(lead)], [AgentAnswered(self._ringing.offer)]

    def _led_by(self, lead: Party) -> list[Command]:
        """They lead the talk from here on."""
        self._lead = lead
        (self.agents if lead.staff else self.transfers).append(lead.name)
        return [Bridge(lead.id), *self._stage.to(Scene.TALK)]

    def _is_briefed(self, party: str) -> bool:
        """Whether it is they who took the call and are told what it is about."""
        return self._stage.scene is Scene.BRIEFING and self._lead is not None and self._lead.id == party

    def _failed(self, party: str, code: int, event: Event) -> Told:
        if party in self._ringing or self._is_briefed(party):
            if self._ringing.end(party) is None:  # they left while they were told what it is about
                self._lead, self._stage.scene = None, Scene.APART
            return [], [] if self._ringing else [AgentFailed(self._ringing.offer, code)]
        if self._supervisor.by(party):
            return self._supervisor.gone(), []
        if self._colleague.by(party):
            return self._colleague_failed()
        return [], []

    def _stop_ringing(self) -> list[Command]:
        rung = self._ringing.end_all()
        if self._stage.scene is Scene.BRIEFING and self._lead is not None:
            rung.append(self._lead)
            self._lead, self._stage.scene = None, Scene.APART
        return [party.let_go() for party in rung]

    # --- transfers that the dialplan makes ----------------------------------------------------------------------------

    def _target_answered(self, number: int, event: Event) -> Told:
        if self._colleague.at(number):
            return self._colleague_answered(), []
        if self._target is None or number != self._target.transfer_id or self.talks:
            return [], [event]
        lead = Party(target_party(number), self._target.destination, number)
        self._role = LegRole.TARGET
        self._stage.cast = Cast(lead=lead.id)
        return [StopMusic(), *self._led_by(lead)], [event]

    def _target_failed(self, number: int, code: int, event: Event) -> Told:
        if self._colleague.at(number):
            return self._colleague_failed()
        if self._target is not None and number == self._target.transfer_id:
            self._target = None
        return [], [event]

    # --- leaving ----------------------------------------------------------------------------------------------------

    def _left(self, event: LegHungUp) -> Told:
        party = event.party or (self.lead if event.role is self._role else "")
        if event.role is LegRole.CALLER:
            return [], [event]
        if self._supervisor.by(party):
            return self._supervisor.gone(), []
        if self._colleague.by(party):
            return self._colleague.gone(self.lead), []
        if not self.talks or party != self.lead:
            return [], []
        if self._colleague.party is not None and self._stage.scene in WITH_COLLEAGUE:
            if self._stage.cast.answered:
                return self._transferred(), []
            return self._passed(), []
        self._target = None
        if self._role is LegRole.AGENT and event.code in VANISHED:  # nobody ended this talk
            return self._part(), [BackInQueue()]
        return self._part(), [LegHungUp(self._role, event.code, event.by_far_end)]

    def _part(self) -> list[Command]:
        """The talk is over, whoever led it."""
        if not self.talks and self._stage.scene is not Scene.PASSED:
            return []
        orders = [*self._colleague.dismiss(), *self._supervisor.dismiss()]
        self._colleague.give_up()
        self._lead = None
        return [*orders, Unbridge(), *self._stage.to(Scene.APART)]

    # --- what the agent asks for --------------------------------------------------------------------------------------

    def _ask(self, asked: AgentAsked) -> Told:
        if not self.leads(asked.party):
            people = (self._lead, self._colleague.party, self._supervisor.party)
            known = any(one is not None and one.id == asked.party for one in people)
            return [Signal(asked.party, Tone.REFUSED)] if known else [], []
        act = asked.act
        if act in (DeskAct.AWAY, DeskAct.LOG_OUT, DeskAct.READY):
            return [TellDesk(self.lead, act, asked.argument), Signal(self.lead, Tone.DONE)], []
        if act is DeskAct.MUTE:
            self._stage.recast(muted=not self._stage.cast.muted)
            return [*self._stage.arranged(), Signal(self.lead, Tone.DONE)], []
        target = SCENES[self._stage.scene].get(act)
        needs_answer = act is not DeskAct.BACK and self._stage.scene in WITH_COLLEAGUE
        if target is None or (needs_answer and not self._stage.cast.answered):
            return self._refuse()
        match act:
            case DeskAct.CONSULT | DeskAct.PASS_ON:
                return self._colleague.look_for(act, asked.argument), []
            case DeskAct.HAND_OVER:
                return self._hand_over(asked.argument)
            case DeskAct.ASSIST:
                return self._assist(asked.argument)
            case DeskAct.CONFIRM:
                return self._confirm()
            case DeskAct.TRANSFER:
                return [Signal(self.lead, Tone.DONE), *self._transferred(by_key=True)], []
            case DeskAct.BACK if self._colleague.party is not None:
                resumed = changed("talk.resumed", agent=self._lead)
                return [*self._colleague.dismiss(), resumed, *self._stage.to(target)], []
        return [
            changed(STEPS.get(target, "talk.resumed"), agent=self._lead),
            *self._stage.to(target),
            Signal(self.lead, Tone.DONE),
        ], []

    def _refuse(self) -> Told:
        return [Signal(self.lead, Tone.REFUSED)], []

    def _assist(self, place: str) -> Told:
        if place not in self._places().assist or self._role is not LegRole.AGENT:
            return self._refuse()
        note = changed("talk.assisted", agent=self._lead, place=place)
        return [note, *self._stage.to(Scene.ASSIST)], [AssistBegun(place)]

    def _confirm(self) -> Told:
        if not self._places().confirms or self._role is not LegRole.AGENT:
            return self._refuse()
        note = changed("talk.confirmed", agent=self._lead)
        return [note, Signal(self.lead, Tone.DONE)], [CallerConfirmed()]

    def _let_go(self) -> list[Command]:
        """Whoever leads the talk leaves it."""
        lead = self._lead if self.talks else None
        return [*self._part(), *([] if lead is None else [lead.let_go()])]

    def _hand_over(self, place: str) -> Told:
        if place not in self._places().hand_over or self._role is not LegRole.AGENT:
            return self._refuse()
        note = changed("talk.handed_over", agent=self._lead, place=place)
        return [note, *self._let_go()], [HandedOver(place)]

    # --- the colleague ------------------------------------------------------------------------------------------------

    def _found(self, found: ColleagueFound) -> Told:
        act = self._colleague.asked_for(found.request) if self.agent_talks else None
        if act is None or act not in SCENES[self._stage.scene]:
            return [CancelAgent(found.offer_id)] if found.offer_id else [], []
        passes = act is DeskAct.PASS_ON
        dial = self._colleague.ring(found, passes=passes)
        rung = changed("consult.rung", agent=self._lead, colleague=self._colleague.party)
        if not passes:
            return [rung, dial, *self._stage.to(Scene.CONSULT)], []
        lead = self._lead
        assert lead is not None
        return [rung, dial, *self._passed(), lead.let_go()], []

    def _missing(self, request: int) -> Told:
        if self._colleague.asked_for(request) is None:
            return [], []
        self._colleague.give_up()
        return self._refuse() if self.lead else ([], [])

    def _colleague_answered(self) -> list[Command]:
        self._stage.recast(answered=True)
        if self._stage.scene is Scene.PASSED:
            return self._led_by_colleague()
        note = changed("consult.connected", agent=self._lead, colleague=self._colleague.party)
        return [note, *self._stage.arranged()]

    def _colleague_failed(self) -> Told:
        """They did not take it. A caller who was passed on waits on; one who waits for their agent gets them back."""
        passed = self._stage.scene is Scene.PASSED
        orders = self._colleague.gone(self.lead)
        if not passed:
            return orders, []
        return [*orders, *self._part()], [BackInQueue()]

    def _transferred(self, *, by_key: bool = False) -> list[Command]:
        """The lead leaves the caller with the colleague: they asked for it, or hung up."""
        lead = self._lead
        assert lead is not None
        orders = [changed("talk.transferred", agent=lead, colleague=self._colleague.party), *self._led_by_colleague()]
        return [*orders, lead.let_go()] if by_key else orders

    def _passed(self) -> list[Command]:
        """The lead is gone, or about to, before the colleague answered."""
        note = changed("talk.passed_on", agent=self._lead, colleague=self._colleague.party)
        orders = self._supervisor.dismiss()
        self._lead = None
        return [note, *orders, Unbridge(), *self._stage.to(Scene.PASSED)]

    def _led_by_colleague(self) -> list[Command]:
        lead = self._colleague.promoted()
        self._stage.recast(lead=lead.id, muted=False)
        return self._led_by(lead)
