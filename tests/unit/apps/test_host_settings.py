"""Settings of cells on other hosts: what they need, and what goes with nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ivr.adapters.kamailio.config import CellsAfar
from ivr.apps.settings import Settings
from ivr.apps.settings_hosts import first_numbers
from ivr.apps.wiring import ports, preflight, relay
from ivr.apps.wiring.edge import edge_config, edge_for_cells, relay_sides
from ivr.apps.wiring.settings_check import check_all
from ivr.apps.wiring.settings_for_host import settings_for_host
from ivr.errors import EnvironmentFault, IvrError, OperatorError, SettingsError

HK2 = {"address": "10.0.0.2", "count": 4, "base_port": 6000}
HK3 = {"address": "10.0.0.3", "count": 2}
LISTEN = "10.0.0.1:10301"
WORKS_FOR = {"engine": LISTEN, "edge": "10.0.0.1:10302", "address": "10.0.0.2"}


def settings(**written: Any) -> Settings:
    whole = {"hosts": {"listen": LISTEN, "cells": {"hk2": HK2, "hk3": HK3}}, "sip": {"listen": "10.0.0.1:5060"}}
    return Settings.model_validate({**whole, **written})


def test_cells_of_hosts_have_numbers_behind_those_of_this_machine_in_the_order_of_the_settings() -> None:
    chosen = settings(cells={"count": 8})
    assert first_numbers(chosen.hosts, chosen.cells.count) == {"hk2": 8, "hk3": 12}
    assert chosen.cells_everywhere == 14
    assert edge_config(chosen).afar == (
        CellsAfar("127.128.0.2", 6000, 4, "10.0.0.2"), CellsAfar("127.128.0.3", 5070, 2, "10.0.0.3"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"hosts": {"cells": {"hk2": HK2}}}, "address:port by which they reach the hub"),
        ({"hosts": {"listen": LISTEN, "cells": {"hk2": HK2, "hk3": HK2}}}, "the same address"),
        ({"hosts": {"listen": LISTEN, "cells": {"hk2": HK2 | {"address": "127.0.0.1"}}}}, "another host is reached"),
        ({"hosts": {"listen": LISTEN, "cells": {"hk2": HK2 | {"address": "hk2.bank"}}}}, "no IPv4 address"),
        ({"hosts": {"listen": LISTEN, "cells": {"HK 2": HK2}}}, "HK 2"),
        (
            {"hosts": {"listen": LISTEN, "cells": {"a": {"address": "10.0.0.2"}, "b": {"address": "11.0.0.2"}}}},
            "23 bits",
        ),
        ({"hosts": {"listen": LISTEN, "edge": LISTEN, "cells": {"hk2": HK2}}}, "a port of its own"),
        ({"hosts": {"listen": "10.0.0.1:65535", "cells": {"hk2": HK2}}}, "a port of its own"),
        ({"sip": {"listen": "127.0.0.1:5060"}}, "callers of this machine alone"),
        ({"sip": {"listen": "10.0.0.1:0"}}, "choose one"),
        ({"edge": False}, "there is none"),
        (
            {
                "cells": {"count": 500},
                "media": {"rtp_ports": "20000-40000"},
                "hosts": {"listen": LISTEN, "cells": {"hk2": HK2 | {"count": 500}}},
            },
            "1000 cells",
        ),
    ],
)
def test_what_cannot_be_is_refused_and_why(written: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        settings(**written)


def test_where_media_must_be_encrypted_it_must_be_on_every_host(monkeypatch: pytest.MonkeyPatch) -> None:
    tls = {"listen": "10.0.0.1:5061", "certificate": "/x/cert.pem", "key": "/x/key.pem"}
    chosen = settings(media={"srtp": "required"}, sip={"listen": "10.0.0.1:5060", "tls": tls})
    theirs = Settings.model_validate(settings_for_host(chosen, "hk2", "hk2.pem"))
    assert theirs.media.srtp == "required"
    monkeypatch.setattr(preflight, "rtpengine", lambda: None)
    with pytest.raises(EnvironmentFault, match=r"^media\.srtp: .* apt-get install rtpengine-daemon"):
        preflight.check_relay(theirs)
    with pytest.raises(EnvironmentFault, match=r"^media\.srtp: .* apt-get install rtpengine-daemon"):
        relay.settled(theirs)


def test_the_relay_of_a_host_faces_its_network_and_its_cells_and_has_ports_behind_theirs() -> None:
    theirs = Settings.model_validate(settings_for_host(settings(), "hk2", "hk2.pem"))
    assert relay_sides(theirs) == (("cell", "127.0.0.1", None), ("far0", "10.0.0.2", None))
    assert theirs.relay_range == (theirs.rtp_range[1] + 1, theirs.rtp_range[1] + ports.relay_ports(4))
    without = settings_for_host(settings(media={"relay": "never"}), "hk2", "hk2.pem")
    assert Settings.model_validate(without).media.relay == "never"


def test_cells_reach_the_edge_on_loopback_on_every_host() -> None:
    assert edge_for_cells(Settings.model_validate({"sip": {"listen": "0.0.0.0:5080"}})) == "127.0.0.1:5080"
    assert edge_for_cells(settings()) == "127.0.0.1:5060"
    assert edge_for_cells(Settings.model_validate({"works_for": WORKS_FOR | {"sip_port": 5080}})) == "127.0.0.1:5080"


def test_a_host_that_works_for_another_has_its_cells_on_its_loopback_and_their_media_on_its_network() -> None:
    chosen = Settings.model_validate({"works_for": WORKS_FOR, "cells": {"base_port": 6000}})
    [there, _] = edge_config(settings()).afar
    assert (chosen.cell_sip_address, chosen.cell_sip_port(0)) == (there.address, there.first_port)
    assert chosen.media_address == there.media == "10.0.0.2"


def test_a_hosts_one_file_of_settings_says_what_the_engines_does_and_nothing_that_is_the_engines_alone() -> None:
    chosen = settings(
        sources={"bank": {"url": "https://bank.example/", "token_file": "/etc/ivr/token"}},
        skills=["patience"],
        queues={"desk": {"wrap_up_seconds": 5}},
        media={"dtmf_inband": "always", "relay": "auto", "rtp_ports": "30000-31000"},
        database={"url": "postgresql://ivr@db/ivr"},
        cells={"count": 8, "recycle_after": 50},
        data_dir="/var/lib/ivr",
        run_dir="/run/ivr",
    )
    made = settings_for_host(chosen, "hk2", "hk2.pem")
    theirs = Settings.model_validate(made)
    assert theirs.works_for is not None
    works_for = theirs.works_for
    assert (works_for.engine, works_for.edge, works_for.sip_port) == ((LISTEN,), ("10.0.0.1:10302",), 5060)
    assert works_for.address == "10.0.0.2"
    assert (theirs.cells.count, theirs.cells.base_port, theirs.cells.recycle_after) == (4, 6000, 50)
    assert theirs.rtp_range == (20000, 20127)
    assert theirs.media.dtmf_inband == "always"
    for section in ("sources", "skills", "queues"):
        assert getattr(theirs, section) == getattr(chosen, section)
    of_places = {"data_dir", "run_dir"}
    assert made.keys() == {"works_for", "cells", "media", "sources", "skills", "queues", *of_places}


def test_a_host_of_a_line_on_two_machines_looks_for_it_at_both() -> None:
    two = {"listen": "0.0.0.0:10301", "machines": ["10.0.0.1", "10.0.0.9"], "cells": {"hk2": HK2}}
    made = settings_for_host(settings(hosts=two), "hk2", "hk2.pem")
    theirs = Settings.model_validate(made).works_for
    assert theirs is not None
    assert theirs.engine == ("10.0.0.1:10301", "10.0.0.9:10301")
    assert theirs.edge == ("10.0.0.1:10302", "10.0.0.9:10302")
    moving = settings_for_host(settings(hosts=two | {"machines": ["10.0.0.60"]}), "hk2", "hk2.pem")
    assert moving["works_for"]["engine"] == "10.0.0.60:10301"


def test_a_host_is_never_sent_to_an_address_that_names_no_machine() -> None:
    chosen = settings(hosts={"listen": "0.0.0.0:10301", "cells": {"hk2": HK2}})
    with pytest.raises(OperatorError, match=r"hosts\.machines"):
        settings_for_host(chosen, "hk2", "hk2.pem")
    with pytest.raises(ValidationError, match="engine"):
        Settings.model_validate({"works_for": WORKS_FOR | {"engine": []}})


def test_media_in_clear_may_go_through_the_relay_of_every_host() -> None:
    chosen = settings(media={"relay": "always"})
    used = edge_config(chosen).relay
    assert used is None or used.always  # none: its port is not chosen yet
    assert Settings.model_validate(settings_for_host(chosen, "hk2", "hk2.pem")).media.relay == "always"


def test_a_host_without_cells_in_the_settings_gets_no_file_and_is_told_what_to_write() -> None:
    with pytest.raises(OperatorError, match="write hosts: "):
        settings_for_host(settings(), "hk9", "hk9.pem")


def test_a_host_that_works_for_another_needs_no_dialplan_of_its_own(tmp_path: Path) -> None:
    missing = {"dialplans": [{"file": str(tmp_path / "none.yaml")}]}
    own = {"data_dir": str(tmp_path), "sources": {}, **missing}
    for chosen, told in ((own, True), (own | {"works_for": WORKS_FOR}, False)):
        with pytest.raises(IvrError) as error:  # this machine has no such address
            check_all(Settings.model_validate(chosen | {"sip": {"listen": "192.0.2.1:5060"}}))
        assert ("dialplans.0.file: there is no dialplan" in str(error.value)) is told


def test_a_host_without_who_it_is_is_told_so(tmp_path: Path) -> None:
    chosen = Settings.model_validate({"works_for": WORKS_FOR | {"identity": str(tmp_path / "hk2.pem")}, "sources": {}})
    with pytest.raises(SettingsError, match=r"^works_for\.identity: there is no file"):
        preflight.check_files(chosen)
