"""Settings of cells on other hosts: what they need, and what goes with nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ivr.apps.settings import Settings
from ivr.apps.settings_hosts import first_numbers
from ivr.apps.wiring.edge import edge_config, edge_for_cells
from ivr.apps.wiring.preflight import check_dialplans
from ivr.apps.wiring.settings_for_host import settings_for_host
from ivr.errors import OperatorError

HK2 = {"address": "10.0.0.2", "count": 4, "base_port": 6000}
HK3 = {"address": "10.0.0.3", "count": 2}
LISTEN = "10.0.0.1:10301"
WORKS_FOR = {"engine": LISTEN, "edge": "10.0.0.1:5060", "address": "10.0.0.2"}


def settings(**written: Any) -> Settings:
    whole = {"hosts": {"listen": LISTEN, "cells": {"hk2": HK2, "hk3": HK3}}, "sip": {"listen": "10.0.0.1:5060"}}
    return Settings.model_validate({**whole, **written})


def test_cells_of_hosts_have_numbers_behind_those_of_this_machine_in_the_order_of_the_settings() -> None:
    chosen = settings(cells={"count": 8})
    assert first_numbers(chosen.hosts, chosen.cells.count) == {"hk2": 8, "hk3": 12}
    assert chosen.cells_everywhere == 14
    assert [(one.address, one.first_port, one.count) for one in edge_config(chosen).afar] == [
        ("10.0.0.2", 6000, 4),
        ("10.0.0.3", 5070, 2),
    ]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"hosts": {"cells": {"hk2": HK2}}}, "address:port by which they reach the hub"),
        ({"hosts": {"listen": LISTEN, "cells": {"hk2": HK2, "hk3": HK2}}}, "the same address"),
        ({"hosts": {"listen": LISTEN, "cells": {"hk2": HK2 | {"address": "127.0.0.1"}}}}, "another host is reached"),
        ({"hosts": {"listen": LISTEN, "cells": {"hk2": HK2 | {"address": "hk2.bank"}}}}, "no IPv4 address"),
        ({"hosts": {"listen": LISTEN, "cells": {"HK 2": HK2}}}, "HK 2"),
        ({"sip": {"listen": "127.0.0.1:5060"}}, "loopback"),
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


def test_media_that_must_be_encrypted_goes_to_no_other_host() -> None:
    tls = {"listen": "10.0.0.1:5061", "certificate": "/x/cert.pem", "key": "/x/key.pem"}
    with pytest.raises(ValidationError, match="media is in clear"):
        settings(media={"srtp": "required", "relay": "auto"}, sip={"listen": "10.0.0.1:5060", "tls": tls})


def test_cells_reach_the_edge_on_loopback_unless_some_are_on_other_hosts() -> None:
    assert edge_for_cells(Settings.model_validate({"sip": {"listen": "0.0.0.0:5080"}})) == "127.0.0.1:5080"
    assert edge_for_cells(settings()) == "10.0.0.1:5060"
    assert edge_for_cells(settings(sip={"listen": "0.0.0.0:5080"})) == "10.0.0.1:5080"
    assert edge_for_cells(Settings.model_validate({"works_for": WORKS_FOR})) == "10.0.0.1:5060"


def test_a_host_that_works_for_another_has_its_cells_where_the_other_reaches_them() -> None:
    chosen = Settings.model_validate({"works_for": WORKS_FOR, "cells": {"base_port": 6000}})
    assert (chosen.cell_sip_address, chosen.cell_sip_port(1), chosen.media_address) == ("10.0.0.2", 6001, "10.0.0.2")


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
    assert (theirs.works_for.engine, theirs.works_for.edge, theirs.works_for.address) == (
        LISTEN, "10.0.0.1:5060", "10.0.0.2",
    )  # fmt: skip
    assert (theirs.cells.count, theirs.cells.base_port, theirs.cells.recycle_after) == (4, 6000, 50)
    assert theirs.rtp_range == (20000, 20127)
    assert theirs.media.dtmf_inband == "always"
    for section in ("sources", "skills", "queues"):
        assert getattr(theirs, section) == getattr(chosen, section)
    of_places = {"data_dir", "run_dir"}
    assert made.keys() == {"works_for", "cells", "media", "sources", "skills", "queues", *of_places}


def test_a_host_without_cells_in_the_settings_gets_no_file_and_is_told_what_to_write() -> None:
    with pytest.raises(OperatorError, match="write hosts: "):
        settings_for_host(settings(), "hk9", "hk9.pem")


def test_a_host_that_works_for_another_needs_no_dialplan_of_its_own(tmp_path: Path) -> None:
    missing = {"dialplans": [{"file": str(tmp_path / "none.yaml")}]}
    check_dialplans(Settings.model_validate({"works_for": WORKS_FOR, **missing}))
    with pytest.raises(OperatorError, match="there is no dialplan"):
        check_dialplans(Settings.model_validate(missing))
