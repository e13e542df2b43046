"""Whether dialplans ask only what the settings' data sources answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.apps.settings import DialplanSettings, Settings, SourceSettings
from ivr.apps.wiring.preflight import check_files
from ivr.apps.wiring.served import offers
from ivr.apps.wiring.sources import open_sources
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.dialplan.model import Dialplan
from ivr.core.dialplan.offers import check_offered
from ivr.errors import SettingsError

LINE = """
name: line
version: "1"
languages: [en]
values: {account: digits, rate: number}
start: look
states:
  look:
    lookup: bank.rate
    given: {account: account}
    go: bye
    failed: bye
  bye: {hang_up: completed}
"""


@pytest.fixture(scope="module")
def line() -> Dialplan:
    return load_dialplan(LINE, source="line.yaml")


def with_query(sql: str, *, name: str = "rate", tmp: Path = Path("/nowhere")) -> Settings:
    return Settings(sources={"bank": SourceSettings(url=f"sqlite:///{tmp}/bank.db", queries={name: sql})})


def test_a_dialplan_that_asks_what_is_there_is_served(line: Dialplan) -> None:
    check_offered(line, offers(with_query("SELECT rate FROM accounts WHERE account = :account")))
    check_offered(line, offers(Settings(sources={"bank": SourceSettings(url="https://bank.example")})))


def test_a_source_that_the_settings_lack_is_told_before_a_caller_finds_out(line: Dialplan) -> None:
    with pytest.raises(SettingsError, match=r"line.yaml: state 'look' asks bank.rate, and .* no source bank"):
        check_offered(line, offers(Settings(sources={})))


def test_the_demo_bank_comes_with_the_example_dialplans_and_with_no_others() -> None:
    own = (DialplanSettings(file=Path("hotline.yaml")),)
    assert Settings(drain_seconds=5).sources["bank"].is_demo_bank
    assert Settings(dialplans=own).sources == {}
    assert Settings(sources={}).sources == {}
    assert Settings(dialplans=own, sources={"bank": SourceSettings(url="demo")}).sources["bank"].is_demo_bank


def test_a_query_that_a_database_lacks_is_told(line: Dialplan) -> None:
    with pytest.raises(SettingsError, match=r"sources\.bank\.queries have: rates"):
        check_offered(line, offers(with_query("SELECT 1", name="rates")))


def test_a_parameter_that_the_dialplan_does_not_give_is_told(line: Dialplan) -> None:
    with pytest.raises(SettingsError, match="without day: add them to its given:"):
        check_offered(line, offers(with_query("SELECT rate FROM rates WHERE account = :account AND day = :day")))


def test_a_source_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"sources\.bank: the query rate is empty"):
        open_sources(with_query("  ", tmp=tmp_path))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:bank.db", "'sqlite:bank.db' is not a database's URL"),
        ("sqlite:///nowhere/bank.db", "there is no database .*nowhere/bank.db"),
    ],
)
def test_the_check_of_settings_tells_of_a_source_that_serving_would_refuse(url: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "line.yaml"
    file.write_text(LINE, encoding="utf-8")
    source = SourceSettings(url=url, queries={"rate": "SELECT 1 AS rate WHERE '' <> :account"})
    settings = Settings(dialplans=(DialplanSettings(file=file),), sources={"bank": source})
    with pytest.raises(SettingsError, match=said):
        check_files(settings)
