"""When encrypted media is served, and what must be there for it."""

from __future__ import annotations

import pytest

from ivr.adapters.rtpengine import daemon
from ivr.adapters.rtpengine.daemon import RelayConfig, RelaySide
from ivr.apps.settings import Settings
from ivr.apps.settings_sections import MediaSettings
from ivr.apps.wiring import ports, preflight, relay
from ivr.apps.wiring.edge import edge_config
from ivr.errors import EnvironmentFault

TLS = {"listen": "127.0.0.1:5061", "certificate": "line.crt", "key": "line.key"}


def settings(**media: object) -> Settings:
    return Settings.model_validate({"sip": {"listen": "127.0.0.1:0", "tls": TLS}, "media": media})


def test_without_rtpengine_nothing_is_relayed_and_calls_in_clear_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "rtpengine", lambda: None)
    found = ports.resolve(relay.settled(settings()))
    assert found.media.relay == "never"
    assert edge_config(found).relay is None
    with pytest.raises(EnvironmentFault, match="apt-get install rtpengine-daemon"):
        relay.settled(settings(srtp="required"))


def test_with_it_the_edge_orders_it_about_where_it_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "rtpengine", lambda: "/usr/bin/rtpengine")
    assert relay.settled(settings(relay="never")).media.relay == "never"
    found = ports.resolve(relay.settled(settings(relay_ports="auto", srtp="required", plain_from=["10.1.2.3/16"])))
    use = edge_config(found).relay
    assert use is not None
    assert use.control_port == found.media.relay_control > 0
    assert (use.required, use.plain_from) == (True, ("10.1.0.0/16",))
    assert use.cell_media == "127.0.0.1"
    words = relay.relay_spec(found).command
    assert f"--listen-ng=127.0.0.1:{use.control_port}" in words
    first, last = found.relay_range
    assert last - first + 1 >= found.cells.count * ports.RELAY_CALL_PORTS
    assert f"--port-min={first}" in words


@pytest.mark.parametrize("more", [{"relay": "never"}, {}])
def test_required_without_what_it_needs_is_refused(more: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"media\.srtp: required needs sip\.tls"):
        Settings.model_validate(
            {"sip": {"tls": TLS} if more else {}, "media": {"srtp": "required", **more}},
        )


def test_media_in_clear_is_relayed_where_it_is_asked_for_and_that_needs_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preflight, "rtpengine", lambda: None)
    with pytest.raises(EnvironmentFault, match=r"media\.relay: it is always, but rtpengine.* apt-get install"):
        relay.settled(settings(relay="always"))
    monkeypatch.setattr(preflight, "rtpengine", lambda: "/usr/bin/rtpengine")
    for asked in ("auto", "always"):
        use = edge_config(ports.resolve(relay.settled(settings(relay=asked)))).relay
        assert use is not None
        assert use.always == (asked == "always")
    with pytest.raises(ValueError, match=r"media\.relay: always: it is the edge"):
        Settings.model_validate({"edge": False, "media": {"relay": "always"}})
    far = {"two": {"address": "192.0.2.7", "count": 2, "base_port": 5070}}
    with_hosts = Settings.model_validate(
        {
            "sip": {"listen": "192.0.2.1:5060"},
            "media": {"relay": "always"},
            "hosts": {"cells": far, "listen": "192.0.2.1:5099"},
        }
    )
    assert with_hosts.media.relay == "always"


def test_ports_that_are_no_range_are_refused() -> None:
    with pytest.raises(ValueError, match="is not FIRST-LAST"):
        MediaSettings(relay_ports="24576")


def test_far_ends_behind_a_translation_are_told_its_outer_side() -> None:
    sides = (RelaySide("cell", "127.0.0.1"), RelaySide("far0", "192.168.7.5", "203.0.113.9"))
    words = daemon.command("rtpengine", RelayConfig(2223, sides, (30000, 30100)))
    assert "--interface=cell/127.0.0.1" in words
    assert "--interface=far0/192.168.7.5!203.0.113.9" in words


def test_of_its_log_only_level_and_module_are_told() -> None:
    assert daemon.origin("WARNING: [1234abcd@192.0.2.1]: [control] Failed to parse 13912345678") == "WARNING in control"
    assert daemon.origin("INFO: [core] Startup complete") == "INFO in core"
    assert "139" not in daemon.origin("something else of 13912345678")
