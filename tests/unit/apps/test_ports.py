"""A port that is taken: by whom, and what to do about it."""

from __future__ import annotations

import socket

import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring import ports
from ivr.errors import EnvironmentFault


def test_nobody_is_told_to_end_a_cell_that_may_carry_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as cell:
        cell.bind(("127.0.0.1", 0))
        settings = Settings.model_validate(
            {"edge": False, "sip": {"listen": f"127.0.0.1:{cell.getsockname()[1]}"}, "cells": {"count": 1},
             "metrics": {"listen": "127.0.0.1:0"}}
        )  # fmt: skip
        monkeypatch.setattr(ports, "holder_of", lambda port, udp: (7, "ivr-cell-0"))
        with pytest.raises(EnvironmentFault, match="may carry a customer's call, so do not end it") as fault:
            ports.check_free(settings)
        assert "end that program" not in str(fault.value)
        ports.check_free(settings, but={0: 7})


WORKS_FOR = {"engine": "203.0.113.253:10301", "edge": "203.0.113.253:10302"}


def test_an_address_of_another_machine_is_not_called_a_port_that_somebody_holds() -> None:
    settings = Settings.model_validate({"works_for": {**WORKS_FOR, "address": "203.0.113.254"}})
    with pytest.raises(EnvironmentFault, match=r"works_for.address: .* 203\.0\.113\.254, which is no address of this"):
        ports.check_free_there(settings)


def test_where_the_engines_edge_is_to_appear_nobody_else_may_listen() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        works_for = {**WORKS_FOR, "address": "203.0.113.254", "sip_port": held.getsockname()[1]}
        with pytest.raises(
            EnvironmentFault, match=r"works_for\.sip_port: UDP port \d+ on 127\.0\.0\.1, wanted for the "
        ):
            ports.check_free_there(Settings.model_validate({"works_for": works_for}))


def test_cells_that_carry_calls_hold_their_ports_by_right_on_another_host_too() -> None:
    works_for = {**WORKS_FOR, "address": "203.0.113.254"}
    settings = Settings.model_validate({"works_for": works_for, "cells": {"count": 1, "base_port": 5070}})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as cell:
        cell.bind((settings.cell_sip_address, 5070))
        with pytest.raises(EnvironmentFault, match="wanted for a cell's SIP, is taken"):
            ports.check_free_there(settings)
        with pytest.raises(EnvironmentFault, match=r"works_for\.address"):
            ports.check_free_there(settings, but={0: 7})
