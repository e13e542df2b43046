"""Files by which trunks are judged: what is out of date, or tells nobody apart, is said with its file and line."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.adapters.trunk_papers import read_revoked, revoked_fault
from ivr.apps.settings import Settings
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.edge import edge_config
from ivr.apps.wiring.edge_tls import trunks_fault
from ivr.apps.wiring.preflight import check_files, file_checks
from ivr.apps.wiring.settings_check import check_all
from ivr.errors import SettingsError
from ivr.testing.certificates import DAY, Authority

LINE = Path(__file__).parents[2] / "integration" / "dialplans" / "line.yaml"
FIRST, SECOND = Authority("first"), Authority("second")
THREE_WEEKS = timedelta(weeks=3).total_seconds()
TEXT = f"""\
sources: {{bank: {{url: demo}}}}
dialplans: [{{file: {LINE}}}]
transfers: {{office: "sip:desk@192.0.2.9"}}
sip: {{tls: {{certificate: line.crt, key: line.key}}}}
trunks:
  first:
    addresses: [192.0.2.7]
    transport: tls
    tls:
      authority: first.pem
      names: [sbc.first.example]
      shows_certificate: true
      revoked: first.crl
      certificate: ours.crt
      key: ours.key
  second:
    addresses: [192.0.2.8]
    transport: tls
    tls:
      authority: second.pem
      names: [sbc.second.example]
      shows_certificate: true
      revoked: second.crl
"""


def settings(folder: Path, text: str = TEXT) -> Settings:
    file = folder / "ivr.yaml"
    file.write_text(text)
    return load_settings(file, {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Everything in it is sound."""
    for one in (FIRST, SECOND):
        one.written(tmp_path)
        one.revoked(tmp_path).rename(tmp_path / f"{one.name}.crl")
    FIRST.issue(tmp_path, "line")
    FIRST.issue(tmp_path, "ours", server=False)
    sound_today(settings(tmp_path))
    return tmp_path


def old_authority(folder: Path) -> None:
    FIRST.written(folder, until=-DAY)


def old_list(folder: Path) -> None:
    FIRST.revoked(folder, until=-DAY).rename(folder / "first.crl")


def old_certificate(folder: Path) -> None:
    FIRST.issue(folder, "ours", server=False, since=-3 * DAY, until=-DAY)


@pytest.mark.parametrize(
    ("makes", "line", "setting", "message"),
    [
        (old_authority, 10, "authority", "first.pem: no certificate in it is valid after"),
        (old_list, 13, "revoked", "first.crl: the next list of revoked certificates was to come by"),
        (old_certificate, 14, "certificate", "ours.crt: no certificate in it is valid after"),
    ],
)
def test_what_is_out_of_date_is_said_with_its_line_and_keeps_no_engine_from_starting(
    folder: Path, makes: Callable[[Path], None], line: int, setting: str, message: str
) -> None:
    makes(folder)
    chosen = settings(folder)
    check_files(chosen)
    with pytest.raises(SettingsError) as error:
        check_all(chosen)
    assert str(error.value).startswith(f"{folder / 'ivr.yaml'}:{line}: trunks.first.tls.{setting}: ")
    assert message in str(error.value)
    assert message in trunks_fault(chosen, ahead=0.0)


def test_a_certificate_that_ends_within_three_weeks_is_told_before_and_a_list_is_not(folder: Path) -> None:
    chosen = settings(folder)
    assert trunks_fault(chosen, ahead=THREE_WEEKS) == ""
    FIRST.revoked(folder, until=DAY).rename(folder / "first.crl")
    assert trunks_fault(chosen, ahead=THREE_WEEKS) == ""
    FIRST.issue(folder, "ours", server=False, until=20 * DAY)
    assert trunks_fault(chosen, ahead=0.0) == ""
    assert trunks_fault(chosen, ahead=THREE_WEEKS).startswith("trunks.first.tls.certificate: ")


def test_a_list_that_was_fetched_and_not_read_by_the_edge_is_told(folder: Path) -> None:
    chosen = settings(folder)
    copy = edge_config(chosen).revoked_file
    copy.parent.mkdir(parents=True, exist_ok=True)
    FIRST.revoked(folder, until=-DAY).rename(copy)
    assert "a newer list is there than the edge has read" in trunks_fault(chosen, ahead=0.0)


def test_of_several_lists_of_an_authority_the_newest_counts(folder: Path) -> None:
    both = folder / "both.crl"
    old = FIRST.revoked(folder, since=-9 * DAY, until=-DAY).read_bytes()
    both.write_bytes(old + (folder / "first.crl").read_bytes())
    assert revoked_fault(read_revoked(both), now=time.time()) == ""
    both.write_bytes(old + (folder / "second.crl").read_bytes())
    assert "was to come by" in revoked_fault(read_revoked(both), now=time.time())


def test_a_trunk_without_a_list_beside_one_with_a_list_is_refused_with_its_line(folder: Path) -> None:
    alone = TEXT.replace("      revoked: second.crl\n", "")
    with pytest.raises(SettingsError, match=r":20: trunks.second.tls.authority: another trunk .* names `revoked`"):
        settings(folder, alone)
    settings(folder, alone.replace("authority: second.pem", "authority: first.pem"))
    settings(folder, alone.replace("      revoked: first.crl\n", ""))
    settings(folder, "".join(alone.rsplit("      shows_certificate: true\n", 1)))


def sound_today(chosen: Settings) -> None:
    """Its files are, and their dates."""
    for check in file_checks(chosen, today=True):
        check()


def refused(folder: Path, text: str = TEXT) -> str:
    with pytest.raises(SettingsError) as error:
        check_all(settings(folder, text))
    return str(error.value)


def test_authorities_that_nobody_can_tell_apart_are_refused_with_their_line(folder: Path) -> None:
    (elsewhere := folder / "elsewhere").mkdir()
    for name in ("first", " First"):
        Authority(name).written(elsewhere).rename(folder / "second.pem")
        assert ":20: trunks.second.tls.authority: " in refused(folder)
        assert "has the common name of another one, of trunk first" in refused(folder)
    (folder / "second.pem").write_bytes((folder / "first.pem").read_bytes())
    sound_today(settings(folder))


def test_what_an_authority_between_revoked_cannot_be_looked_up(folder: Path) -> None:
    root = Authority("root", may_sign_authorities=True)
    Authority("second", by=root).written(folder)
    assert "a certificate in it is no root" in refused(folder)
    none = TEXT.replace("      revoked: second.crl\n", "").replace("      revoked: first.crl\n", "")
    sound_today(settings(folder, none))
