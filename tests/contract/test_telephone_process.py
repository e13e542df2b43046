"""A test whose telephone's process dies or hangs is told so, and does not wait for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from ivr.adapters.pjsip.telephony import PjsipConfig
from ivr.testing.engine import freeze
from ivr.testing.ports import free_port
from tests.contract import telephone_lines
from tests.contract.telephone_lines import RemoteTelephony


@pytest.fixture
def telephony() -> Iterator[RemoteTelephony]:
    made = RemoteTelephony(PjsipConfig(sip_port=free_port()))
    yield made
    made.kill()


def test_one_that_died_is_named_with_its_end(telephony: RemoteTelephony) -> None:
    assert telephony.poll(0) == []
    os.kill(telephony.pid, signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(AssertionError, match=r"poll: the process of pjsua2 has ended \(-9\)"):
            telephony.poll(0)


def test_one_that_hangs_is_waited_for_no_longer_than_it_may_take(
    telephony: RemoteTelephony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telephone_lines, "ANSWER_SECONDS", 0.5)
    freeze(telephony.pid)
    with pytest.raises(AssertionError, match="poll: the process of pjsua2 does not answer"):
        telephony.poll(0)
