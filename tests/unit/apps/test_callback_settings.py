"""Settings of callbacks: nobody is dialled by mistake, and what would dial nobody is said with its place."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.adapters.kamailio.render import render
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.edge import edge_config, outgoing
from ivr.apps.wiring.hub import dial_config
from ivr.errors import SettingsError

DIAL = """\
dialplans: [{file: back.yaml, called: [back, back_zh]}]
media: {rtp_ports: 20000-24000}
cells: {count: 2}
callbacks:
  dial:
    caller: sip:+85230001000@bank.example
    callees:
      "+852": {zones: [Asia/Hong_Kong], open: {mon-fri: ["09:00-18:00"]}, closed: [2026-12-25]}
      "+1": {zones: [America/New_York, America/Los_Angeles], open: {mon-fri: ["09:00-18:00"]}}
    never: ["+852900"]
    queues: {loans: {default: back, zh: back_zh}}
trunks:
  carrier: {addresses: ["192.0.2.5:5080"], domain: trunk.example, prefixes: ["+852", "+1212"]}
"""


def settings(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "ivr.yaml"
    file.write_text(text)
    return load_settings(file, {})


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("default: back,", "default: nowhere,", ":11: callbacks.dial.queues.loans.default: no dialplan is served at"),
        ("default: back, ", "", "callbacks.dial.queues.loans: which number serves a language that is not named"),
        ("Asia/Hong_Kong", "Asia/Hongkong1", "is no time zone"),
        ("zones: [Asia/Hong_Kong]", "zones: []", "zones"),
        ('open: {mon-fri: ["09:00-18:00"]}, closed', "open: {}, closed", "these are not dialled at any hour"),
        ('"+852":', '"852x":', "callees"),
        ("192.0.2.5:5080", "trunk example", "trunks.carrier.addresses"),
        ("domain: trunk.example", 'domain: "a\\"b"', "trunks.carrier.domain"),
        ('"+1212"', '"+44"', "callbacks.dial.callees.+1: no trunk may be asked for such numbers"),
        ("sip:+85230001000@bank.example", "bank.example", "is not a SIP URI"),
        ('never: ["+852900"]', 'never: ["x"]', "never"),
    ],
)  # fmt: skip
def test_what_would_dial_nobody_or_anybody_is_refused_with_its_place(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    assert right in DIAL
    with pytest.raises(SettingsError) as error:
        settings(tmp_path, DIAL.replace(right, wrong))
    assert message in str(error.value)


def test_without_the_section_nobody_is_dialled(tmp_path: Path) -> None:
    plain = settings(tmp_path, "media: {rtp_ports: 20000-24000}\n")
    assert dial_config(plain) is None
    assert outgoing(plain, edge=True) is None
    route = render(edge_config(plain)).split("route[CALLEE] {")[1].split("}")[0]
    assert "$var(found) = 1" not in route


def test_with_it_the_hub_the_cells_and_the_edge_know_whom_and_by_which_trunk(tmp_path: Path) -> None:
    chosen = settings(tmp_path, DIAL)
    dial = dial_config(chosen)
    assert dial is not None
    assert (dial.called("loans", "zh"), dial.called("loans", "en")) == ("back_zh", "back")
    morning = datetime(2026, 11, 27, 9, 0, tzinfo=ZoneInfo("Asia/Hong_Kong")).timestamp()
    assert dial.callees.permitted_from("+85291234567", morning) == morning
    assert dial.callees.permitted_from("+852900123456", morning) is None
    behind, alone = outgoing(chosen, edge=True), outgoing(chosen, edge=False)
    assert behind is not None
    assert alone is not None
    assert behind.address("+85291234567") == "sip:callback++85291234567@127.0.0.1:5060"
    assert alone.address("+85291234567") == "sip:+85291234567@192.0.2.5:5080"
    text = render(edge_config(chosen))
    assert '"^([+]852|[+]1)"' in text
    assert '"^([+]852900)"' in text
    assert '"@trunk.example"' in text
