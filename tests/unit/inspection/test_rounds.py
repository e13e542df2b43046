"""How far behind the inspector is, is told: a metric, and an alarm once it is late."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from prometheus_client import CollectorRegistry

from ivr.apps.wiring.inspector import Rounds
from ivr.core.alarms import AlarmKind
from ivr.engine.bus.client import HubClient
from ivr.engine.bus.inspector import InspectorTold
from ivr.engine.hub.inspection import QUIET_SECONDS, InspectorWatch
from ivr.errors import EnvironmentFault
from tests.unit.inspection.calls import TALK, Centre


@dataclass
class Hub:
    """Is told, or is away."""

    away: bool = False
    told: list[InspectorTold] = field(default_factory=list)

    def tell(self, told: InspectorTold) -> None:
        if self.away:
            raise EnvironmentFault("away")
        self.told.append(told)


def rounds(centre: Centre, hub: Hub, alarms: list[str], behind_seconds: float) -> Rounds:
    def alarm(kind: AlarmKind, text: str) -> None:
        assert kind is AlarmKind.INSPECTION
        alarms.append(text)

    return Rounds(centre.inspecting, cast(HubClient, hub), alarm, behind_seconds=behind_seconds)


def test_calls_that_wait_too_long_raise_one_alarm_and_those_that_do_not_raise_none() -> None:
    for behind, late in ((49.0, True), (51.0, False)):  # the call ended 50 s ago
        centre, hub, alarms = Centre(), Hub(), list[str]()
        centre.call("c1", TALK, sealed=False)
        made = rounds(centre, hub, alarms, behind)
        made.round()
        made.round()
        assert len(alarms) == late
        assert all("inspection.behind_hours" in one for one in alarms)
        assert (hub.told[-1].waiting, hub.told[-1].behind_seconds) == (1, 50.0)


def test_what_could_not_be_told_is_told_the_next_time_and_counted_once() -> None:
    centre, hub = Centre(), Hub(away=True)
    centre.publish()
    centre.call("c1", TALK)
    made = rounds(centre, hub, [], 1e9)
    made.round()
    hub.away = False
    made.round()
    assert (sum(one.calls for one in hub.told), sum(one.found for one in hub.told)) == (1, 1)


def test_metrics_say_how_far_behind_it_is_and_what_it_lost() -> None:
    registry, now = CollectorRegistry(), [100.0]
    watch = InspectorWatch(registry, wall=lambda: now[0])
    assert watch.report() == {"waiting": 0, "behind_seconds": 0.0, "told_at": 0.0, "quiet": False}
    watch.take(InspectorTold(3, 120.0, 1, 60.0, 2.0, 4, 5, 6, 7))
    watch.take(InspectorTold(2, 90.0, 1, 60.0, 2.0, 4, 5, 6, 7))
    shown = {name: registry.get_sample_value(f"ivr_inspection_{name}") for name in (
        "waiting", "behind_seconds", "calls_total", "rules_failed_total", "utterances_lost_total", "calls_unread_total",
    )}  # fmt: skip
    assert shown == {
        "waiting": 2, "behind_seconds": 90.0, "calls_total": 2, "rules_failed_total": 10, "utterances_lost_total": 12,
        "calls_unread_total": 14,
    }  # fmt: skip
    now[0] += QUIET_SECONDS + 1
    assert watch.report() == {"waiting": 2, "behind_seconds": 90.0, "told_at": 100.0, "quiet": True}
