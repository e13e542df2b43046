"""A dialplan's texts can be read out, each in one way, or `ivr check` says which cannot."""

from __future__ import annotations

import pytest

from tests.unit.dialplan.desk import END, HEAD, findings

STATES = """\
values:
  balance: {{type: amount, currency: EUR}}
  rate: number
  due: date
disclosures:
  risk:
    say: {{en: "{warning}"}}
    acknowledge: {{ask: {{en: Press 1.}}, press: 1, hear: {{en: [I understand]}}, otherwise: bye}}
states:
  first: {{say: {{en: "{text}"}}, go: warn}}
  warn: {{disclose: risk, go: bye}}
"""


def told(text: str, warning: str = "It is risky.") -> list[tuple[str, str]]:
    return [(found.code, found.message) for found in findings(HEAD + STATES.format(text=text, warning=warning) + END)]


@pytest.mark.parametrize(
    "text",
    [
        "You owe {balance}, at {rate}%, until {due}.",
        "€{balance} are due.",
        "That is 3.5% of €1,000,000, from 9:00 to 17:30, or call 95588.",
    ],
)
def test_what_has_one_reading_is_sound(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    "text", ["Until 3/4.", "Branch 95588.", "The limit is 10 000.", "Less than <5.", "A per cent sign: %."]
)
def test_what_has_two_readings_or_none_is_a_finding_in_any_prompt(text: str) -> None:
    for found in (told(text), told("Hello.", warning=text)):
        assert [code for code, _ in found] == ["D184"]
        assert "write" in found[0][1]
