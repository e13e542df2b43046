"""Settings: defaults that work, the environment over the file, errors that say where and what instead."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from ivr.apps.settings import CELL_RTP_PORTS, Settings
from ivr.apps.settings_file import load_settings, resolved_from_json
from ivr.errors import SettingsError


@pytest.mark.parametrize(
    ("speech", "said"),
    [
        ("{host: hk2}", "go together"),
        ('{address: "10.0.0.2:10300"}', "go together"),
        ('{host: hk2, address: "10.0.0.2:10300", uri: "tcp://127.0.0.1:1"}', "of the host that recognizes"),
        ('{host: HK2, address: "10.0.0.2:10300"}', "speech.host"),
    ],
)
def test_speech_on_another_host_is_named_whole(tmp_path: Path, speech: str, said: str) -> None:
    file = tmp_path / "ivr.yaml"
    file.write_text(f"speech: {speech}\n")
    with pytest.raises(SettingsError, match=said):
        load_settings(file, {})


def read(tmp_path: Path, text: str, **environ: str) -> Settings:
    path = tmp_path / "ivr.yaml"
    path.write_text(text)
    return load_settings(path, environ)


def faults(tmp_path: Path, text: str, **environ: str) -> str:
    with pytest.raises(SettingsError) as error:
        read(tmp_path, text, **environ)
    return str(error.value).replace(f"{tmp_path}/", "")


def test_everything_has_a_default_and_stays_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None, {})
    assert settings.hub_socket == tmp_path / "var" / "run" / "hub.sock"
    assert settings.recordings_dir == tmp_path / "recordings"
    assert settings.dialplans[0].file == tmp_path / "dialplans" / "wealth.yaml"
    assert settings.sip_endpoint == ("0.0.0.0", 5060)
    assert settings.database_url == f"sqlite:///{tmp_path}/var/ivr.db"


def test_every_relative_path_begins_at_the_settings_files_folder_wherever_a_command_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, elsewhere = tmp_path / "engine", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    (home / "ivr.yaml").write_text(
        "dialplans: [{file: hello.yaml}]\nsources: {cards: {url: 'sqlite:///cards.db', queries: {q: SELECT 1}}}\n"
    )
    monkeypatch.chdir(elsewhere)
    settings = load_settings(Path("../engine/ivr.yaml"), {"IVR_VOICEPRINTS_DIR": "voices"})
    told = [settings.data_dir, settings.recordings_dir, settings.voiceprints_dir, settings.dialplans[0].file]
    assert [path.resolve() for path in told] == [home / name for name in ("var", "recordings", "voices", "hello.yaml")]
    where = settings.sources["cards"].url.removeprefix("sqlite:///")
    assert Path(where).resolve() == home / "cards.db"


def test_the_file_in_the_working_directory_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ivr.yaml").write_text("drain_seconds: 5\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {}).drain_seconds == 5


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    settings = read(
        tmp_path, "cells: {count: 4}\n", IVR_CELLS__COUNT="16", IVR_SIP__FLOOD__REQUESTS="99", IVR_DATA_DIR="/srv/ivr"
    )
    assert settings.cells.count == 16
    assert settings.sip.flood.requests == 99
    assert settings.data_dir == Path("/srv/ivr")


def test_the_passphrase_file_may_be_named_by_itself(tmp_path: Path) -> None:
    assert read(tmp_path, "", IVR_PASSPHRASE_FILE="/media/usb/p").passphrase_path == Path("/media/usb/p")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sip:\n  listne: 1.2.3.4:5\n", "ivr.yaml:2: sip.listne: there is no such setting; did you mean listen?"),
        ("cels: {count: 4}\n", "ivr.yaml:1: cels: there is no such setting; did you mean cells?"),
        ("\nsip: {listen: nowhere}\n", "ivr.yaml:2: sip.listen: 'nowhere' is not ADDRESS:PORT"),
        ("sip: {listen: '1.2.3.4:99999'}\n", "'99999' is not a port"),
        ("queues:\n  a:\n    wrapup_seconds: 3\n", "ivr.yaml:3: queues.a.wrapup_seconds: there is no such setting"),
        ("queues:\n  a:\n    wrapup_seconds: 3\n", "did you mean wrap_up_seconds?"),
        ("dialplans:\n  - called: [a]\n", "ivr.yaml:2: dialplans.0.file: is missing"),
        ("dialplans: [{file: a}, {file: b}]\n", "default is served by both a and b"),
        ("dialplans: []\n", "dialplans: name at least one"),
        ("sip: {listen: 1.1.1.1:1\n", "this is not YAML"),
        ("cells: {count: 4}\ncells: {count: 5}\n", "ivr.yaml:2: cells is given twice"),
        ("- 1\n", "ivr.yaml:1: the settings are names with values"),
        ("cells: {count: 0}\n", "cells.count: wants 1 or more"),
        ("media: {rtp_ports: 1-2}\n", "is not FIRST-LAST between 1024 and 65535"),
        ("cells: {count: 500}\n", "media.rtp_ports: 500 cells need"),
        ("media: {codecs: []}\n", "name at least one codec"),
        ("database: {url: 'postgresql://ivr:hunter2@db/ivr'}\n", "put it into a file"),
        ("sources: {bank: {url: 'ftp://x'}}\n", "is neither http://"),
        ("sources: {bank: {url: 'postgresql://ivr@db/core'}}\n", "a database needs them: NAME: one SQL statement"),
        ("sources: {bank: {url: 'http://bank', queries: {a: SELECT 1}}}\n", "queries belong to a database"),
        ("sip: {public_address: bank.example}\n", "'bank.example' is not an IPv4 address"),
    ],
)
def test_an_error_says_where_it_is_and_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    assert says in faults(tmp_path, text)


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    assert len(faults(tmp_path, "cels: 1\nsip: {listen: x}\nlog: {level: loud}\n").splitlines()) == 3


def test_an_error_from_the_environment_names_the_variable(tmp_path: Path) -> None:
    assert faults(tmp_path, "", IVR_CELLS__COUNT="many").startswith("IVR_CELLS__COUNT: cells.count:")
    assert "IVR_CELS__COUNT: cels" in faults(tmp_path, "", IVR_CELS__COUNT="1")


def test_a_password_in_the_settings_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    assert "hunter2" not in faults(tmp_path, "database: {url: 'postgresql://ivr:hunter2@db/ivr'}\n")
    assert "hunter2" not in faults(tmp_path, "sources: {bank: {url: 'http://me:hunter2@bank/'}}\n")


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no settings file"):
        load_settings(tmp_path / "none.yaml", {})
    with pytest.raises(SettingsError, match="no settings file"):
        load_settings(None, {"IVR_CONFIG": str(tmp_path / "none.yaml")})


def test_cells_have_ports_of_their_own(tmp_path: Path) -> None:
    settings = read(tmp_path, "cells: {count: 4}\nmedia: {rtp_ports: 20001-20200}\n")
    ranges = [settings.cell_rtp_ports(cell) for cell in range(4)]
    assert all(first % 2 == 0 and last - first + 1 == CELL_RTP_PORTS for first, last in ranges)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ranges))
    assert [settings.cell_sip_port(cell) for cell in range(3)] == [5070, 5071, 5072]


def test_without_an_edge_the_first_cell_has_the_port_that_callers_know(tmp_path: Path) -> None:
    settings = read(tmp_path, "edge: false\nsip: {listen: '192.0.2.1:5060'}\n")
    assert (settings.cell_sip_address, settings.cell_sip_port(0)) == ("192.0.2.1", 5060)


def test_a_run_directory_too_deep_for_sockets_is_refused_with_a_way_out(tmp_path: Path) -> None:
    settings = read(tmp_path, f"data_dir: {tmp_path}/{'deep/' * 30}\n")
    with pytest.raises(SettingsError, match="set run_dir to a shorter path"):
        settings.check_socket_paths()


def test_settings_survive_the_way_to_the_children(tmp_path: Path) -> None:
    settings = read(tmp_path, "queues: {loans: {wrap_up_seconds: 4}}\ndialplans: [{file: a, called: ['1', '2']}]\n")
    assert resolved_from_json(settings.model_dump_json()).model_dump() == settings.model_dump()


def test_a_console_for_other_machines_says_by_which_name_they_reach_it(tmp_path: Path) -> None:
    console = "console: {listen: '0.0.0.0:8443', certificate: c.pem, key: k.pem"
    assert "write `origin`" in faults(tmp_path, console + "}")
    settings = read(tmp_path, console + ", origin: 'https://console.bank.example:8443'}")
    assert settings.console.origins == ("https://console.bank.example:8443",)
