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


def test_an_address_of_another_machine_is_not_called_a_port_that_somebody_holds() -> None:
    works_for = {"engine": "203.0.113.253:10301", "edge": "203.0.113.253:5060", "address": "203.0.113.254"}
    settings = Settings.model_validate({"edge": False, "sip": {"listen": "127.0.0.1:0"}, "works_for": works_for})
    with pytest.raises(EnvironmentFault, match=r"203\.0\.113\.254, which is no address of this machine"):
        ports.check_free(settings)
