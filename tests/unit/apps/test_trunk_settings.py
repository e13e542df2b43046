"""Settings of trunks: what would dial nobody, anybody or in clear is said with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.adapters.kamailio.render import render, render_tls
from ivr.adapters.kamailio.trunks import states
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.edge import edge_config
from ivr.apps.wiring.settings_check import check_all
from ivr.apps.wiring.trunks import check_trunk_files, put_trunks
from ivr.core.sip.trunk import TrunkAddress, TrunkState
from ivr.errors import OperatorError, SettingsError

LINE = Path(__file__).parents[2] / "integration" / "dialplans" / "line.yaml"
TRUNKS = """\
dialplans: [{file: line.yaml}]
media: {rtp_ports: 20000-24000}
cells: {count: 2}
sip: {tls: {certificate: line.crt, key: line.key}}
transfers: {branch: "+85221234567", desk: "sip:desk@192.0.2.9"}
trunks:
  carrier:
    addresses: ["192.0.2.5:5080", 192.0.2.6]
    domain: carrier.example
    prefixes: ["+852"]
    never: ["+852900"]
    username: bank
    password_file: secret
    register_seconds: 300
  exchange:
    addresses: [192.0.2.7]
    transport: tls
    srtp: true
    prefixes: ["+44"]
    tls: {authority: ca.pem, names: [sbc.exchange.example], shows_certificate: true}
"""


def settings(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "ivr.yaml"
    file.write_text(text)
    return load_settings(file, {})


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('"+85221234567"', '"+44900"', ":5: transfers.branch"),
        ('"+85221234567"', '"+4690012345"', ":5: transfers.branch: no trunk may be asked for +4690012345"),
        ('"+85221234567"', '"+85290012345"', ":5: transfers.branch: no trunk may be asked for +85290012345"),
        ("    password_file: secret\n", "", "name both, username and password_file"),
        ("    username: bank\n    password_file: secret\n", "", "who registers needs username"),
        ("    transport: tls\n", "", "transport: tls and a section tls with its authority belong together"),
        ("sip: {tls: {certificate: line.crt, key: line.key}}\n", "", ":16: trunks.exchange.transport: TLS needs"),
        (
            "key: line.key}",
            "key: line.key}, options_seconds: 0",
            "trunks.exchange.transport: who is reached",
        ),
        ("20000-24000", "20000-24000, srtp: required", ":8: trunks.carrier.addresses: media.srtp is required"),
        ("  carrier:", "  Carrier 1:", "trunks"),
        ("shows_certificate: true", "certificate: ours.crt", "name both, certificate and key"),
    ],
)
def test_what_would_dial_nobody_anybody_or_in_clear_is_refused_with_its_place(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    assert right in TRUNKS
    with pytest.raises(SettingsError) as error:
        settings(tmp_path, TRUNKS.replace(right, wrong))
    assert message in str(error.value)


def test_a_name_that_does_not_resolve_is_said_with_its_line(tmp_path: Path) -> None:
    text = "sources: {bank: {url: demo}}\ntrunks:\n  carrier:\n    addresses: [sip.carrier.invalid]\n"
    chosen = settings(tmp_path, text + f'dialplans: [{{file: {LINE}}}]\ntransfers: {{office: "sip:desk@192.0.2.9"}}\n')
    with pytest.raises(SettingsError, match=r"no address is known for sip.carrier.invalid") as error:
        check_all(chosen)
    assert str(error.value).startswith(f"{tmp_path / 'ivr.yaml'}:4: trunks.carrier.addresses: ")


def test_a_password_stands_in_no_file_of_the_edge_and_others_may_not_read_it(tmp_path: Path) -> None:
    chosen = settings(tmp_path, TRUNKS)
    secret = tmp_path / "secret"
    with pytest.raises(SettingsError, match=r"trunks.carrier: there is no file .*secret: write the password"):
        check_trunk_files("carrier", chosen.trunks["carrier"])
    secret.write_text("tr0ub4dor\n")
    secret.chmod(0o644)
    with pytest.raises(SettingsError, match=r"others may read .*secret, which holds a password: chmod 600"):
        check_trunk_files("carrier", chosen.trunks["carrier"])
    secret.chmod(0o600)
    check_trunk_files("carrier", chosen.trunks["carrier"])
    config = edge_config(chosen)
    assert "tr0ub4dor" not in render(config) + render_tls(config)
    put_trunks(None, chosen, config)  # type: ignore[arg-type]  # it is read, and nobody told yet
    secret.write_text("\n")
    with pytest.raises(OperatorError, match="is empty: its first line is the password"):
        put_trunks(None, chosen, config)  # type: ignore[arg-type]


def test_each_trunk_is_known_by_its_name_its_prefixes_and_its_own_authority(tmp_path: Path) -> None:
    config = edge_config(settings(tmp_path, TRUNKS))
    assert {"192.0.2.5/32", "192.0.2.6/32", "192.0.2.7/32"} <= set(config.trunks)
    text, tls = render(config), render_tls(config)
    words = '$var(callee) =~ "^([+]852)" && !($var(callee) =~ "^([+]852900)")'
    assert words in text
    assert "server_id = exchange" in tls
    assert f"ca_list = {tmp_path / 'ca.pem'}" in tls
    assert "verify_client = optional_no_ca" in tls


def test_what_the_edge_says_of_trunks_is_read_in_the_order_of_the_settings() -> None:
    def listed(number: int, uri: str, flags: str) -> dict[str, object]:
        target = {"DEST": {"URI": uri, "FLAGS": flags, "LATENCY": {"AVG": 3.5}}}
        return {"SET": {"ID": number, "TARGETS": [target]}}

    found = states(
        ["a", "b"], {"RECORDS": [listed(2, "sip:b", "IP"), listed(1, "sip:a", "AP")]}, {"a|tried": 3, "a|failed": "1"},
        [{"l_uuid": "a", "flags": 20}, {"l_uuid": "b", "flags": 16}],
    )  # fmt: skip
    assert found == (
        TrunkState("a", (TrunkAddress("sip:a", there=True, answers_ms=3.5),), registered=True, tried=3, failed=1),
        TrunkState("b", (TrunkAddress("sip:b", there=False, answers_ms=3.5),), registered=False),
    )
    assert [one.there for one in found] == [True, False]
