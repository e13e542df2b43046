"""The call centre: queues, agents and callbacks, with what is told and kept of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from ivr.core.alarms import AlarmKind
from ivr.core.call.record import CallRecord
from ivr.core.media.frame import seconds
from ivr.core.queueing.choice import AgentChoice
from ivr.core.queueing.directory import proved
from ivr.core.queueing.happening import Happening, What
from ivr.core.queueing.staff import ENGINE
from ivr.engine.bus.desk import PhoneKeyMade, PhoneKeyTaken
from ivr.engine.bus.messages import Message
from ivr.engine.bus.queue import AgentNotWanted, AgentWanted, OfferResult
from ivr.engine.bus.staff import AgentProofWanted, AgentProved, AgentTaken, AgentTold, MessageHeard
from ivr.engine.hub.alarms import Alarms
from ivr.engine.hub.callback_dialler import CallbackDialler
from ivr.engine.hub.caller_marks import CallerMarks
from ivr.engine.hub.chronicle import Chronicle
from ivr.engine.hub.config import HubConfig, HubPorts
from ivr.engine.hub.earlier_talks import EarlierTalks
from ivr.engine.hub.floor import Floor
from ivr.engine.hub.metrics import Metrics
from ivr.engine.hub.peers import CellPeers
from ivr.engine.hub.presence import Presence
from ivr.engine.hub.records import CallRecords
from ivr.engine.hub.steps import Steps
from ivr.engine.hub.switchboard import Switchboard
from ivr.errors import IvrError, PeerError


class Centre:
    """Who waits, who serves them, and who is called back."""

    def __init__(
        self,
        config: HubConfig,
        ports: HubPorts,
        *,
        alarms: Alarms,
        metrics: Metrics,
        records: CallRecords,
        steps: Steps,
        cells: CellPeers,
    ) -> None:
        self._ports, self._alarms, self._steps, self._cells = ports, alarms, steps, cells
        self.dialler = CallbackDialler(
            config.dial,
            ports,
            alarms,
            switchboard=lambda: self.switchboard,
            cells=cells,
            running=lambda call_id: call_id in records.running,
        )
        self.switchboard = self._open_switchboard(config, records)
        self.chronicle = self._open_chronicle(config, metrics)
        self.earlier_talks = EarlierTalks(ports, found=self.switchboard.talked_before)
        tell, reasons = cells.tell_call, config.pause_reasons
        self.floor = Floor(self.switchboard, tell=tell, enter=steps.enter, choose=self.agent_told, reasons=reasons)
        self.presence = Presence(
            ports,
            listed=steps.enter,
            found=self.switchboard.agents,
            idle_cells=cells.idle,
            dialogs=cells.dialogs,
            word_known=cells.tell_word,
        )

    def _open_switchboard(self, config: HubConfig, records: CallRecords) -> Switchboard:
        ports = self._ports
        return Switchboard(
            run_id=config.run_id,
            rules=ports.queue_rules,
            chance=ports.chance,
            monotonic=ports.monotonic,
            tell=self._tell_call,
            keep=self._keep_choice,
            stalled=self._stalled,
            told=lambda one: self.chronicle.tell(one),
            open_sites=lambda: ports.open_sites(ports.wall()),
            mark=CallerMarks(records.running).of,
            wall=ports.wall,
            credit=self.dialler.credit,
        )

    def _open_chronicle(self, config: HubConfig, metrics: Metrics) -> Chronicle:
        return Chronicle(
            config.chronicle,
            self._ports.lines,
            self._alarms,
            monotonic=self._ports.monotonic,
            wall=self._ports.wall,
            watched=metrics.watch,
            count_agents=lambda now: self.switchboard.queues.count_agents(now=now),
        )

    def begin(self) -> None:
        """Take up what an earlier hub knew: what agents had chosen, and callbacks that are ours to make."""
        try:
            self.switchboard.remember(self._ports.choices.read())
        except IvrError as error:
            self._alarms.raise_alarm(AlarmKind.AGENTS, f"who was paused or logged out is not known: {error}")
        self.dialler.claim()

    async def phone_key(self, made: PhoneKeyMade) -> PhoneKeyTaken:
        """Let an agent's browser register for a while. An edge that is away learns nothing: the browser asks again."""
        edge = self._ports.edge
        registers = any(one.name == made.agent and one.uri is None for one in self.presence.entries)
        if edge is None or not registers:
            return PhoneKeyTaken("")
        try:
            await asyncio.to_thread(edge.put_phone_key, made.agent, made.ha1)
        except PeerError:
            return PhoneKeyTaken("")
        return PhoneKeyTaken(made.agent)

    def always(self) -> tuple[Coroutine[None, None, None], ...]:
        """What goes on as long as the hub lives. None of it ends but by raising."""
        return self.presence.run(), self.chronicle.run(), self.switchboard.places.run(), self.dialler.run()

    async def close(self) -> None:
        """Keep what is known, and end."""
        self.switchboard.close()
        await self.chronicle.close()

    # --- calls ------------------------------------------------------------------------------------------------------

    def hear(self, message: AgentWanted | AgentNotWanted | OfferResult) -> None:
        """What a cell says of a call that waits, or of an agent who is rung."""
        if isinstance(message, AgentWanted):
            self.dialler.wants_agent(message)
        self.switchboard.hear(message)

    def _tell_call(self, call_id: str, message: Message) -> None:
        if not self.dialler.takes(call_id, message):
            self._cells.tell_call(call_id, message)

    def _stalled(self, queue: str, waiting: int) -> None:
        self._alarms.raise_alarm(
            AlarmKind.QUEUE_STALLED, f"{waiting} calls waited in {queue} beside an agent who was available"
        )

    # --- messages ---------------------------------------------------------------------------------------------------

    def messages_left(self, record: CallRecord) -> None:
        """A call has ended in which its caller left some."""
        for one in record.voicemails:
            length, now = seconds(one.last_sample - one.first_sample), self._ports.monotonic()
            self.chronicle.tell(Happening(What.MESSAGE, now, length, one.mailbox, record.call_id))

    def message_heard(self, heard: MessageHeard) -> None:
        """Somebody listened to them."""
        for mailbox in self.chronicle.unheard.heard(heard.call_id, heard.mailbox):
            self.chronicle.tell(Happening(What.HEARD, self._ports.monotonic(), 0.0, mailbox, heard.call_id))

    def mailboxes(self) -> list[dict[str, object]]:
        """Those in which messages wait, as plain data."""
        found, now = self.chronicle.unheard.mailboxes(), self._ports.wall()
        return [
            {
                "mailbox": one.name,
                "calls": one.calls,
                "oldest_seconds": round(now - one.oldest, 1),
                "oldest_call": one.first,
            }
            for one in found
        ]

    # --- agents -----------------------------------------------------------------------------------------------------

    def agent_told(self, message: AgentTold) -> AgentTaken:
        """What an agent chose, or somebody for them; entered when it changes anything."""
        state = self.switchboard.told(message)
        if state:
            details = {"reason": message.reason} if message.reason else {}
            self._steps.enter(f"agent.{message.choice}", message.agent, by=message.by, **details)
        return AgentTaken(message.agent, state)

    async def agent_proved(self, wanted: AgentProofWanted) -> AgentProved:
        """In a thread: what checks a PIN is slow on purpose."""
        name = await asyncio.to_thread(proved, self.presence.entries, wanted.extension, wanted.pin)
        if name:
            self._steps.enter("agent.identified", name, by=name)
        return AgentProved(name)

    def _keep_choice(self, choice: AgentChoice) -> None:
        if choice.by == ENGINE:
            self._steps.enter("agent.pause", choice.agent, by=choice.by, reason=choice.reason)
        try:
            self._ports.choices.put(choice)
        except IvrError as error:
            self._alarms.raise_alarm(
                AlarmKind.AGENTS, f"what {choice.agent} chose is lost when the hub is restarted: {error}"
            )
