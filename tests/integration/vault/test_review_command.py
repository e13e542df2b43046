"""`ivr review` from a scorecard to a decided appeal, by the commands and the card of docs/review.md."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ivr.apps.settings import Settings
from ivr.apps.wiring.vault import open_key_store, review_store
from tests.integration.vault.conftest import Ivr, Ran

WHY = ("--reason", "a test")
CALL = "call-closed"
DOCS = Path(__file__).parents[3] / "docs" / "review.md"
GOOD = ("--answer", "greeting=yes", "--answer", "risk_words=yes", "--answer", "promise=yes")
BAD = (
    "--answer",
    "greeting=yes",
    "--answer",
    "risk_words=no",
    "--answer",
    "promise=yes",
    "--notes",
    "the words came after the order",
)


def card() -> str:
    """The one that the docs show."""
    (text,) = re.findall(r"```yaml\n(name: .*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return str(text)


def test_a_call_is_judged_by_two_appealed_against_and_decided(
    settings: Settings, ivr: Ivr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.adapters.login.logged_in", lambda: True)

    def as_person(name: str, *words: str) -> Ran:
        monkeypatch.setattr("ivr.adapters.login.real_user", lambda: name)
        return ivr(*words)

    def done(name: str, *words: str) -> str:
        ran = as_person(name, *words)
        assert ran.returncode == 0, ran
        return ran.stdout.decode()

    with Path("ivr.yaml").open("a", encoding="utf-8") as file:
        file.write("reviews: {days: 3660, sample: 1, second: 1}\n")
    Path("scorecard.yaml").write_text(card(), encoding="utf-8")
    assert "service@1 is sound: 3 questions" in done("anna", "review", "check", "scorecard.yaml")
    assert "ivr review publish FILE" in as_person("anna", "review", "cards").stderr.decode(), (
        "an empty list says how to fill it"
    )
    done("anna", "review", "publish", "scorecard.yaml", *WHY)
    assert "none fits" in done("anna", "review", "show", CALL), "it is of no queue"
    for_all = "".join(line for line in card().splitlines(True) if not line.startswith(("queues", "languages")))
    Path("scorecard.yaml").write_text(for_all.replace('version: "1"', 'version: "2"'), encoding="utf-8")
    done("anna", "review", "publish", "scorecard.yaml", *WHY)
    assert "service@2" in done("anna", "review", "cards")
    done("anna", "agents", "add", "alice", "--uri", "sip:alice@192.0.2.7", "--user", "os:alice")

    waiting = json.loads(done("anna", "review", "queue", "--json"))["waiting"]
    assert [one["call"] for one in waiting] == [CALL]
    assert "sample" in waiting[0]["reasons"]
    assert "442071234567" not in done("anna", "review", "queue")
    assert "Did the agent read the risk words?" in done("anna", "review", "show", CALL)
    assert as_person("alice", "review", "submit", CALL, *GOOD).returncode == 6, "nobody judges their own"
    assert as_person("anna", "review", "submit", CALL, "--answer", "greeting=maybe").returncode == 2
    assert "0 %, failed" in done("anna", "review", "submit", CALL, *BAD)
    assert "after the order" not in done("ben", "review", "show", CALL)
    assert "100 %, passed" in done("ben", "review", "submit", CALL, *GOOD)
    assert "after the order" in done("ben", "review", "show", CALL)
    assert json.loads(done("anna", "review", "agreement", "--json"))["together"]["agreement"]["pairs"] == 3
    assert "1 calls were judged by two persons" in done("anna", "review", "agreement")

    kept = review_store(settings, open_key_store(settings)).of_calls([CALL])[CALL]
    (review,) = [one.review_id for one in kept if one.by == "os:anna"]
    assert "after the order" in done("alice", "review", "own")
    done("alice", "review", "appeal", review, *WHY)
    assert f"appeal    {review}" in done("carl", "review", "queue")
    assert as_person("ben", "review", "decide", review, "--outcome", "void", *WHY).returncode == 6
    assert "counts no more" in done("carl", "review", "decide", review, "--outcome", "void", *WHY)
    assert "0 calls were judged" in done("anna", "review", "agreement")
