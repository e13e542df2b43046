"""A hub that a test plays by hand: it says what the test lets it say, over no socket."""

from __future__ import annotations

import time
from typing import TypeVar

from ivr.core.call.scene import Scene
from ivr.core.call.transcript import Span
from ivr.core.identity.level import Level
from ivr.core.orders.supervisor import SupervisorMode
from ivr.engine.bus.alarms import AlarmAcknowledged, AlarmRaised, AlarmSettled, AlarmsReport, AlarmsWanted
from ivr.engine.bus.desk import DeskAnswered, DeskAsked, PhoneKeyMade, PhoneKeyTaken, SupervisorAsked
from ivr.engine.bus.live import (
    CallsReport,
    CallStands,
    CallsWanted,
    LiveCall,
    OwnCallFound,
    OwnCallWanted,
    WordsReport,
    WordsWanted,
)
from ivr.engine.bus.messages import Message
from ivr.engine.bus.staff import AgentTaken, AgentTold, StatusReport, StatusWanted
from ivr.errors import EnvironmentFault

Answer = TypeVar("Answer", bound=Message)
LIVE = "call-live"
"""The call that goes on."""


class PlayedHub:
    """Its state is what the test sets."""

    def __init__(self, hostile: str) -> None:
        now = time.time()
        self.away = False
        self.asked: list[Message] = []
        self.agents = [
            {"name": "alice", "state": "talking", "seconds": 12.0, "call_id": LIVE, "queue": "loans", "reason": "",
             "by": "", "calls": 3, "talk_seconds": 100.0, "owes": "", "owes_in": ""},
            {"name": "supervisor", "state": "paused", "seconds": 3700.0, "call_id": None, "queue": "",
             "reason": hostile, "by": "user:anna", "calls": 0, "talk_seconds": 0.0,
             "owes": "", "owes_in": ""},
        ]  # fmt: skip
        self.waiting = [{"queue": "loans", "waiting": 2, "longest_seconds": 61.0}]
        self.alarms = [
            AlarmRaised(now - 60, "recording", hostile, LIVE, "aaaa000001"),
            AlarmRaised(now - 90, "speech", "the speech service does not start", None, "aaaa000002"),
            AlarmRaised(now - 99, "database", "back", None, "aaaa000003", "user:bob", now - 50, hostile),
        ]
        stands = CallStands(
            LIVE, ("greeting", hostile), now - 4, "en", Level.BASIC, flags=("lossy_line",), scene=Scene.TALK
        )
        self.calls = [
            LiveCall(LIVE, "***678", hostile, f"{hostile}@1", now - 30, now - 29, stands, (("alice", "talking"),)),
            LiveCall("call-new", "***", "service", "line@1", now, None, None, queue="loans", place=1),
        ]
        self.words = [
            Span("engine", 0, 8000, "en", "Investments may lose money.", whole=False, disclosure="risk"),
            Span("caller", 16000, 24000, "en", hostile, 0.9, "fund"),
        ]
        self.hearing = hostile
        self.by_browser: dict[str, str] = {}
        """Caller -> the call that they made by browser."""

    def ask(self, question: Message, answer: type[Answer]) -> Answer:
        """The answer to a question. Raises EnvironmentFault while it is away."""
        if self.away:
            raise EnvironmentFault("no engine runs on var: start it with `ivr serve`")
        self.asked.append(question)
        found = self._answer(question)
        assert isinstance(found, answer)
        return found

    def tell(self, message: Message) -> None:
        """What has no answer. Raises EnvironmentFault while it is away."""
        if self.away:
            raise EnvironmentFault("no engine runs on var: start it with `ivr serve`")
        self.asked.append(message)

    def _answer(self, question: Message) -> Message:
        match question:
            case StatusWanted():
                return StatusReport(self.report())
            case CallsWanted():
                return CallsReport(tuple(self.calls))
            case PhoneKeyMade(agent=agent):
                return PhoneKeyTaken(agent)
            case OwnCallWanted(caller=caller):
                return OwnCallFound(self.by_browser.get(caller, ""))
            case WordsWanted(call_id=call, known=known):
                return WordsReport(call, known=known, lines=tuple(self.words[known:]), hearing=self.hearing)
            case AlarmsWanted():
                return AlarmsReport(tuple(self.alarms))
            case AlarmAcknowledged(alarm=alarm):
                return AlarmSettled(alarm)
            case AgentTold(agent=agent, choice=choice):
                return AgentTaken(agent, "paused" if choice == "pause" else "available")
            case DeskAsked(call_id=call):
                return DeskAnswered(call)
            case SupervisorAsked(agent="alice", mode=SupervisorMode()):
                return DeskAnswered(LIVE)
            case SupervisorAsked(agent=agent):
                return DeskAnswered("", f"{agent} is in no call")
            case _:
                raise EnvironmentFault("the hub that a test plays knows nothing of this")

    def report(self) -> dict[str, object]:
        figures = {"target": 20.0, "offered": 10, "answered": 8, "answered_in_target": 7, "abandoned": 2,
                   "abandoned_short": 1, "answer_seconds": 80.0}  # fmt: skip
        return {
            "hub": {"pid": 1, "since": time.time() - 90, "records_pending": 0, "steps_pending": 0, "lines_pending": 0},
            "health": {"ok": True, "cells": 0, "edge": False, "disk": ""},
            "trunks": [
                {
                    "name": "carrier",
                    "there": True,
                    "registered": None,
                    "tried": 3,
                    "answered": 2,
                    "failed": 1,
                    "password": 0,
                    "addresses": [{"uri": "sip:192.0.2.7", "there": True, "answers_ms": 4.0}],
                },
            ],
            "inspection": {"waiting": 0, "behind_seconds": 0.0, "told_at": 0.0, "quiet": False},
            "cells_wanted": 0,
            "cells": [],
            "has_edge": False,
            "waiting_calls": [
                {"call_id": LIVE, "queue": "loans", "place": 1, "seconds": 61.0, "priority": 0, "ringing": True}
            ],
            "agents": self.agents,
            "queues": self.waiting,
            "mailboxes": [{"mailbox": "complaints", "calls": 2, "oldest_seconds": 7300.0, "oldest_call": "call-1"}],
            "today": {"queues": {"loans": figures}, "agents": {"alice": {"calls": 3, "talk_seconds": 540.0}}},
            "alarms": [
                {"id": one.id, "at": one.at, "kind": one.kind, "text": one.text, "by": one.by} for one in self.alarms
            ],
        }
