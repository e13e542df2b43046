"""Settings of callback requests: how long they are kept; whom the engine dials by itself, and when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated

from pydantic import Field

from ivr.apps.settings_sections import Section, SipAddress
from ivr.apps.settings_sites import DaysAndSpans, ZoneName, hours_of
from ivr.core.queueing.callees import Callees
from ivr.core.queueing.redial import Redial
from ivr.core.sip.called import plain_form

DEFAULT_LANGUAGE = "default"
Prefix = Annotated[str, Field(pattern=r"^\+?[0-9]{1,15}$")]


class CalleeSettings(Section):
    """Numbers that begin alike: where they are, and when they may be dialled."""

    zones: tuple[ZoneName, ...] = Field(min_length=1)
    """Time zones that they lie in: it must be a permitted hour in each."""
    open: DaysAndSpans
    """Days -> spans of hours by the callee's clock, such as mon-fri: ["09:00-20:00"]."""
    closed: tuple[date, ...] = ()
    """Days on which they are not dialled, such as 2026-12-25."""


class DialSettings(Section):
    """What the engine dials by itself, by `trunks`. Without this section it dials nobody."""

    caller: SipAddress
    """The number that they see, unless their trunk has a `caller` of its own: such as sip:+85230001000@bank.example."""
    callees: dict[Prefix, CalleeSettings] = Field(min_length=1)
    """Prefix of a number, as callers leave it (+852, 00852, 0) -> its zones and hours. Others are not dialled."""
    never: tuple[Prefix, ...] = ()
    """Prefixes that are not dialled all the same, such as premium numbers."""
    queues: dict[str, dict[str, str]] = Field(min_length=1)
    """Queue -> language (or `default`) -> number in `dialplans` whose dialplan tells them who calls and why."""
    attempts: int = Field(default=3, ge=1, le=10)
    """In all."""
    busy_seconds: float = Field(default=300.0, ge=1)
    """To the next one, when they were busy."""
    no_answer_seconds: float = Field(default=1800.0, ge=1)
    at_once: int = Field(default=2, ge=1, le=100)
    """People who are dialled at the same time. One cell stays free for callers in any case."""

    def whom(self) -> Callees:
        """As the queues see it."""
        allowed = {
            prefix: tuple(hours_of(one.open, zone, one.closed) for zone in one.zones)
            for prefix, one in self.callees.items()
        }
        return Callees(allowed, self.never)

    def redial(self) -> Redial:
        """When they are dialled again."""
        return Redial(self.attempts, self.busy_seconds, self.no_answer_seconds)

    def called(self, queue: str, language: str) -> str:
        """Number whose dialplan serves those who are called back."""
        numbers = self.queues[queue]
        return numbers.get(language) or numbers[DEFAULT_LANGUAGE]


class CallbackSettings(Section):
    """Callback requests."""

    keep_days: float = Field(default=30.0, gt=0, le=3650)
    """Closed ones vanish after this; ones that nobody took for so long are closed."""
    dial: DialSettings | None = None


def callback_faults(
    callbacks: CallbackSettings, *, served: Collection[str], now: float
) -> list[tuple[tuple[str, ...], str]]:
    """What would keep the engine from dialling: where it is written, and what to do. `served`: numbers of dialplans."""
    dial = callbacks.dial
    if dial is None:
        return []
    faults: list[tuple[tuple[str, ...], str]] = []
    whom = Callees(dial.whom().allowed)
    for prefix in dial.callees:
        if whom.permitted_from(prefix.ljust(15 + prefix.startswith("+"), "0"), now) is None:
            text = "these are not dialled at any hour of the next year: give them hours, or fewer days off"
            faults.append((("dial", "callees", prefix), text))
    for queue, numbers in dial.queues.items():
        if DEFAULT_LANGUAGE not in numbers:
            faults.append(
                (("dial", "queues", queue), "which number serves a language that is not named? Add `default`")
            )
        for language, number in numbers.items():
            if plain_form(number) not in served:
                text = f"no dialplan is served at {number!r}: name it in `called` of one of the `dialplans`"
                faults.append((("dial", "queues", queue, language), text))
    return faults
