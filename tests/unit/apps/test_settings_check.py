"""`ivr settings check`: every fault is told in one run, and each at the line where it is mended."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.adapters.kamailio import daemon
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring import hub_link, preflight
from ivr.apps.wiring.settings_check import check_all
from ivr.errors import EnvironmentFault, IvrError, SettingsError
from ivr.testing.certificates import Authority
from ivr.testing.ports import free_port

PLAN = Path(__file__).parents[2] / "integration" / "dialplans" / "early.yaml"


def sound(**more: Any) -> dict[str, Any]:
    """Settings that want no port but picked ones."""
    picked = {"listen": "127.0.0.1:0"}
    return {
        "dialplans": [{"file": str(PLAN)}],
        "sources": {},
        "sip": picked,
        "media": {"rtp_ports": "auto", "relay_ports": "auto"},
        "cells": {"count": 1, "base_port": 0},
        "metrics": picked,
        "console": picked,
        **more,
    }


def written(tmp_path: Path, settings: dict[str, Any]) -> Settings:
    file = tmp_path / "ivr.yaml"
    file.write_text(yaml.safe_dump(settings, sort_keys=False))
    return load_settings(file, {})


def line(tmp_path: Path, *keys: str | int) -> str:
    """File and line of what stands at the end of these keys, by the YAML reader alone."""
    file = tmp_path / "ivr.yaml"
    mark, node = None, yaml.compose(file.read_text())
    for key in keys:
        if isinstance(key, int):
            assert isinstance(node, yaml.SequenceNode)
            node = node.value[key]
            mark = node.start_mark
        else:
            assert isinstance(node, yaml.MappingNode)
            name, node = next(pair for pair in node.value if pair[0].value == key)
            mark = name.start_mark
    assert mark is not None
    return f"{file}:{mark.line + 1}"


def faults(chosen: Settings) -> list[str]:
    with pytest.raises(IvrError) as error:
        check_all(chosen)
    return str(error.value).splitlines()


def test_sound_settings_pass(tmp_path: Path) -> None:
    check_all(written(tmp_path, sound()))


@pytest.mark.parametrize(
    ("wrong", "keys", "text"),
    [
        ({"voice": {"calibration": "none"}}, ("voice", "calibration"), "none cannot be read"),
        ({"retention": {"classes_file": "none"}}, ("retention", "classes_file"), "none cannot be read"),
        ({"retention": {"default": "nosuch"}}, ("retention",), "there is no retention class nosuch"),
        ({"speech": {"recognizers": {"en": "vosk:none"}}}, ("speech", "recognizers", "en"), "No Vosk model in"),
        ({"speech": {"recognizers": {"zh": "whisper:none"}}}, ("speech", "recognizers", "zh"), "No Whisper model in"),
        ({"speech": {"recognizers": {"zh": "nosuch"}}}, ("speech", "recognizers", "zh"), "'nosuch' is not one of"),
        ({"speech": {"voices": {"en": "nosuch"}}}, ("speech", "voices", "en"), "there is no voice nosuch"),
        ({"speech": {"embedder": "speechbrain"}}, ("speech", "embedder"), "No hyperparams.yaml in"),
        ({"dialplans": [{"file": "none.yaml"}]}, ("dialplans", 0, "file"), "there is no dialplan"),
        ({"console": {"listen": "127.0.0.1:0", "certificate": "no.crt", "key": "no.key"}},
         ("console", "certificate"), "there is no file"),
        ({"keys": {"store": "pkcs11", "module": "no.so", "token": "t"}}, ("keys", "module"), "there is no file"),
        ({"hosts": {"listen": "127.0.0.1:0"}}, ("hosts", "listen"), "there is no other host"),
        ({"run_dir": "deep/" * 30}, ("run_dir",), "too deep for Unix sockets"),
        ({"sip": {"listen": "203.0.113.77:0"}}, ("sip", "listen"), "free ports in a row were found on 203.0.113.77"),
    ],
)  # fmt: skip
def test_what_is_named_and_not_there_is_told_at_its_line(
    tmp_path: Path, wrong: dict[str, Any], keys: tuple[str | int, ...], text: str
) -> None:
    [told] = faults(written(tmp_path, sound(**wrong)))
    assert told.startswith(f"{line(tmp_path, *keys)}: {'.'.join(map(str, keys))}: ")
    assert text in told


def test_a_model_is_not_asked_for_where_another_service_has_it(tmp_path: Path) -> None:
    speech = {"recognizers": {"en": "vosk:none"}, "voices": {"en": "theirs"}, "uri": "tcp://127.0.0.1:10300"}
    check_all(written(tmp_path, sound(speech=speech)))


def test_a_model_that_is_there_passes_unread(tmp_path: Path) -> None:
    for name in ("model.bin", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"no model")
    check_all(written(tmp_path, sound(speech={"recognizers": {"de": f"whisper:{tmp_path}"}})))


@pytest.mark.parametrize("key", ["hosts.listen", "hosts.edge", "console.listen", "metrics.listen", "sip.listen"])
def test_a_port_that_is_taken_is_told_at_its_line(tmp_path: Path, key: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        section, name = key.split(".")
        settings = sound()
        if section == "hosts":
            settings["hosts"] = {"listen": f"127.0.0.1:{free_port()}"}
            settings["hosts"]["cells"] = {"hk2": {"address": "10.0.0.2"}}
            settings["sip"] = {"listen": f"0.0.0.0:{free_port()}"}
        settings[section] = {**settings[section], name: f"127.0.0.1:{port}"}
        told = [one for one in faults(written(tmp_path, settings)) if "is taken by" in one]
    assert len(told) == 1
    assert told[0].startswith(f"{line(tmp_path, section, name)}: {key}: TCP port {port} on 127.0.0.1")


def test_one_run_tells_all_that_is_wrong_and_the_first_says_its_kind(tmp_path: Path) -> None:
    files = Authority().issue(tmp_path)
    files.key.unlink()
    tls = {"listen": "127.0.0.1:0", "certificate": str(files.certificate), "key": str(files.key)}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        trunks = {"carrier": {"addresses": ["sip.carrier.invalid", "sip.other.invalid"]}}
        chosen = written(
            tmp_path,
            sound(sip={"listen": "127.0.0.1:0", "tls": tls}, trunks=trunks, console={"listen": listen},
                  transfers={"office": "sip:desk@office.invalid"}),
        )  # fmt: skip
        with pytest.raises(SettingsError) as error:
            check_all(chosen)
    told = str(error.value).splitlines()
    trunk = line(tmp_path, "trunks", "carrier", "addresses")
    begin = [
        f"{line(tmp_path, 'sip', 'tls')}: sip.tls: there is no key file",
        f"{trunk}: trunks.carrier.addresses: no address is known for sip.carrier.invalid",
        f"{trunk}: trunks.carrier.addresses: no address is known for sip.other.invalid",
        f"{line(tmp_path, 'transfers', 'office')}: transfers.office: no address is known for office.invalid",
        f"{line(tmp_path, 'console', 'listen')}: console.listen: TCP port",
    ]
    assert [one.startswith(start) for one, start in zip(told, begin, strict=True)] == [True] * 5, told


def test_what_kamailio_needs_is_asked_for_before_a_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Authority().issue(tmp_path)
    tls = {"listen": "127.0.0.1:0", "certificate": str(files.certificate), "key": str(files.key)}
    sip = {"listen": "127.0.0.1:0", "tls": tls, "websocket": {"listen": "127.0.0.1:0"}}
    chosen = written(tmp_path, sound(sip=sip))
    monkeypatch.setattr(preflight, "has_module", lambda name: False)
    monkeypatch.setattr(preflight, "rtpengine", lambda: "/usr/bin/rtpengine")
    with pytest.raises(EnvironmentFault) as error:
        check_all(chosen)
    of_tls, of_websocket = str(error.value).splitlines()
    assert of_tls.startswith(f"{line(tmp_path, 'sip', 'tls')}: sip.tls: kamailio's TLS is not installed")
    assert of_websocket.startswith(f"{line(tmp_path, 'sip', 'websocket')}: sip.websocket: calls by browser need ")
    assert "kamailio-websocket-modules" in of_websocket
    monkeypatch.setattr(preflight, "has_module", lambda name: True)
    check_all(chosen)


def test_tls_that_nobody_built_the_guard_of_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Authority().issue(tmp_path)
    tls = {"listen": "127.0.0.1:0", "certificate": str(files.certificate), "key": str(files.key)}
    chosen = written(tmp_path, sound(sip={"listen": "127.0.0.1:0", "tls": tls}))
    check_all(chosen)
    monkeypatch.setattr(daemon, "apart", lambda: None)
    with pytest.raises(EnvironmentFault, match="sudo apt-get install gcc libc6-dev") as error:
        check_all(chosen)
    assert str(error.value).startswith(f"{line(tmp_path, 'sip', 'tls')}: sip.tls: what keeps strangers ")


def test_who_this_host_is_is_said_with_its_setting(tmp_path: Path) -> None:
    identity = tmp_path / "hk2.pem"
    works_for = {"engine": "127.0.0.2:10301", "edge": "127.0.0.2:10302", "address": "203.0.113.77"}
    chosen = written(tmp_path, {"works_for": works_for | {"identity": str(identity)}, "sources": {}})
    for content, text in ((None, "there is no file"), ("no", "is no identity of a host"), ("", "others may read")):
        if content is not None:
            identity.write_text(content)
            identity.chmod(0o644 if not content else 0o600)
        told = faults(chosen)[0]
        assert told.startswith(f"{line(tmp_path, 'works_for', 'identity')}: works_for.identity: ")
        assert text in told
    with pytest.raises(SettingsError, match=r"^works_for\.identity: others may read"):
        hub_link.near_end(chosen)


def test_a_damaged_list_of_hosts_is_said_with_the_settings_that_ask_it(tmp_path: Path) -> None:
    chosen = written(tmp_path, sound(hosts={"listen": "127.0.0.1:0"}))
    chosen.hosts_dir.mkdir(parents=True)
    (chosen.hosts_dir / "hosts.json").write_text(json.dumps({"hk2": 1}))
    [told] = faults(chosen)
    assert told.startswith(f"{line(tmp_path, 'hosts', 'listen')}: hosts.listen: the list of hosts is damaged")


def test_a_console_is_refused_the_key_of_another_certificate(tmp_path: Path) -> None:
    for name in ("ours", "other"):
        (tmp_path / name).mkdir()
    ours, other = Authority().issue(tmp_path / "ours"), Authority().issue(tmp_path / "other")
    console = {"listen": "127.0.0.1:0", "certificate": str(ours.certificate), "key": str(ours.key)}
    check_all(written(tmp_path, sound(console=console)))
    [told] = faults(written(tmp_path, sound(console=console | {"key": str(other.key)})))
    assert told.startswith(f"{line(tmp_path, 'console', 'certificate')}: console.certificate: ")


def test_what_a_provider_of_sign_ins_gave_is_there(tmp_path: Path) -> None:
    url = "https://login.bank.example"
    oidc = {"issuer": url, "authorize_url": url, "token_url": url, "client_id": "ivr",
            "secret_file": "secret", "keys_file": "keys.json"}  # fmt: skip
    chosen = written(tmp_path, sound(console={"listen": "127.0.0.1:0", "sign_in": {"oidc": oidc}}))
    place = ("console", "sign_in", "oidc")
    [told] = faults(chosen)
    assert told.startswith(f"{line(tmp_path, *place, 'secret_file')}: console.sign_in.oidc.secret_file: no ")
    (tmp_path / "secret").touch(mode=0o600)
    for content, text in ((None, "cannot be read"), ("{", "is no JSON Web Key Set")):
        if content is not None:
            (tmp_path / "keys.json").write_text(content)
        [told] = faults(chosen)
        assert told.startswith(f"{line(tmp_path, *place, 'keys_file')}: console.sign_in.oidc.keys_file: ")
        assert text in told
