"""Finding calls and hearing them by the console."""

from __future__ import annotations

import asyncio
import io
import re
import wave
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from ivr.apps.web.call_view import row
from ivr.apps.web.sound import PACE, paced
from ivr.core.audit.roles import DEMANDED
from ivr.core.media.frame import SAMPLE_RATE
from ivr.core.review.risk import ReviewRules
from ivr.core.vault.playback import PAIR_BYTES, stereo_wav
from tests.unit.web.world import ALERT, CALL, OLD, SECONDS, World


def found(world: World, **asked: str) -> list[str]:
    answer = world.browser("user:supervisor").get("/api/recordings", params=asked)
    assert answer.status_code == 200, answer.text
    return [one["call"] for one in answer.json()["calls"]]


def test_calls_are_found_as_the_command_line_finds_them_newest_first(world: World) -> None:
    assert found(world) == [CALL, OLD]
    assert found(world, q="fund") == [CALL, OLD]
    assert found(world, q="told:money caller:85212345678") == [CALL, OLD]
    assert found(world, q="pension") == []
    assert found(world, outcome="completed") == [CALL, OLD]
    assert found(world, outcome="failed") == []
    assert found(world, since="2100-01-01") == []


@pytest.mark.parametrize("call", [CALL, OLD], ids=["sealed", "journal"])
def test_what_rules_found_while_a_call_went_on_stands_on_its_page_with_words_and_a_way_to_hear_it(
    world: World, call: str
) -> None:
    world.house.review_rules = ReviewRules(sample=0.0)
    browser = world.browser("user:supervisor")
    said, held_back = browser.get(f"/api/recordings/{call}").json()["alerts"]
    assert (said["rule"], said["words"], said["say"], said["at"]) == (ALERT.rule, ALERT.words, ALERT.say, 3.0)
    assert (held_back["rule"], held_back["words"], held_back["say"]) == ("eu/balance", "", "A colleague does.")
    page = browser.get(f"/recordings/{call}").text.partition('id="alerts"')[2].partition("</section>")[0]
    assert '<button type="button" class="at" data-at="3.0">0:03</button>' in page
    assert "risk free &lt;script&gt;" in page
    assert "Say instead:" in page
    assert "not spoken: another figure" in page
    chinese = browser.get(f"/recordings/{call}", headers={"Accept-Language": "zh"}).text
    assert "未播报：" in chinese
    assert "本次通话中的警报" in chinese


def test_a_call_of_the_demo_is_marked_in_lists(world: World) -> None:
    record = world.house.calls.get(CALL)
    for caller, demo in (("<sip:demo-caller@127.0.0.1:5060>", True), ("sip:+85212345678@x;user=demo-caller", False)):
        assert row(replace(record, caller=caller)).demo is demo
    assert ">demo</span>" not in world.browser("user:supervisor").get("/recordings").text


def test_an_empty_page_says_what_to_do(world: World) -> None:
    browser = world.browser("user:supervisor")
    assert "No call fits" in browser.get("/recordings?q=pension").text
    assert "没有符合的通话" in browser.get("/recordings?q=pension", headers={"Accept-Language": "zh-HK,en;q=0.5"}).text


@pytest.mark.parametrize("asked", ["q=--nothing", "q=%22open", "since=tomorrow", "after=x,y", "q=" + "a" * 1001])
def test_a_query_that_makes_no_sense_is_told_what_to_write(world: World, asked: str) -> None:
    page = world.browser("user:supervisor").get("/recordings?" + asked)
    assert page.status_code == 422
    assert "Something in this request is wrong" in page.text


def opened(world: World, call: str) -> tuple[TestClient, str]:
    browser = world.browser("user:supervisor")
    answer = browser.post(f"/api/recordings/{call}/listen", json={}, headers={"X-CSRF-Token": world.token(browser)})
    assert answer.status_code == 200, answer.text
    return browser, answer.json()["url"]


@pytest.mark.parametrize("call", [CALL, OLD])
def test_sound_is_the_recordings_own_in_any_range(world: World, call: str) -> None:
    browser, url = opened(world, call)
    whole = stereo_wav(*world.house.recordings.listen(call, ["caller.in", "caller.out"]))
    got = browser.get(url)
    assert got.status_code == 200
    assert got.content == whole
    assert got.headers["cache-control"] == "no-store"
    with wave.open(io.BytesIO(got.content)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 8000, SECONDS * 8000)
    for asked in (
        "bytes=0-0",
        "bytes=0-43",
        "bytes=40-61",
        "bytes=45-1000",
        "bytes=64001-192002",
        "bytes=-7",
        "bytes=100000-",
    ):
        got = browser.get(url, headers={"Range": asked})
        assert got.status_code == 206
        first, last = map(int, re.findall(r"bytes (\d+)-(\d+)/", got.headers["content-range"])[0])
        assert got.content == whole[first : last + 1]
    assert browser.get(url, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    for odd in (f"bytes={'9' * 5000}-", "items=0-1", "bytes=-", "bytes=0-0,1-1"):  # what we do not serve: all of it
        assert browser.get(url, headers={"Range": odd}).content == whole


def test_who_goes_to_a_moment_gets_ten_seconds_at_once_and_the_rest_as_they_listen() -> None:
    second = SAMPLE_RATE * PAIR_BYTES
    pieces, waits = [bytes(2 * second)] * 8, list[tuple[int, float]]()

    async def heard() -> None:
        got = 0

        async def sleep(seconds: float) -> None:
            waits.append((got, seconds))

        async for piece in paced(iter(pieces), sleep):
            got += len(piece)
        assert got == 16 * second

    asyncio.run(heard())
    assert waits == [(at * second, 2 / PACE) for at in (10, 12, 14, 16)]


def test_listening_is_entered_once_and_its_link_is_worth_nothing_to_others(world: World) -> None:
    before = len(world.house.entries("recording.played"))
    browser, url = opened(world, CALL)
    for _ in range(3):
        browser.get(url, headers={"Range": "bytes=0-99"})
    played = world.house.entries("recording.played")[before:]
    assert [(one.actor, one.subject, one.outcome) for one in played] == [("user:supervisor", CALL, "done")]
    assert world.browser("user:supervisor").get(url).status_code == 422  # the same person, another session
    assert world.browser("user:operator").get(url).status_code == 403
    assert world.stranger().get(url).status_code == 303


@pytest.mark.parametrize("call", [CALL, OLD])
def test_a_waveform_is_drawn_without_an_entry_and_says_how_loud_it_is(world: World, call: str) -> None:
    browser = world.browser("user:supervisor")
    before = len(world.house.entries())
    drawn = browser.get(f"/api/recordings/{call}/waveform").json()
    assert drawn["seconds"] == SECONDS
    assert [len(one) for one in drawn["channels"].values()] == [SECONDS * 10] * 2
    assert max(drawn["channels"]["caller.in"]) > 20
    assert browser.get(f"/recordings/{call}/thumbnail.svg").headers["content-type"] == "image/svg+xml"
    assert len(world.house.entries()) <= before + 1  # of signing in


def test_a_call_is_held_released_and_asked_to_be_erased_from_its_page(world: World) -> None:
    browser = world.browser("user:security_officer")
    supervisor = world.browser("user:supervisor")

    def act(act: str, **fields: str) -> int:
        return world.send(browser, f"/recordings/{CALL}/{act}", reason="why", **fields).status_code

    assert act("hold", name="case-17") == 303
    assert "held for case-17" in supervisor.get(f"/recordings/{CALL}").text
    assert act("hold", name="17") == 422
    assert act("release", name="case-17") == 303
    assert act("release", name="case-17") == 422
    assert act("request") == 303
    assert act("withdraw") == 303


def test_an_export_needs_the_second_person_where_the_rule_says_so(world: World) -> None:
    browser = world.browser("user:supervisor")
    sent = world.send(browser, f"/recordings/{CALL}/export", reason="complaint 17")
    assert sent.status_code == 200
    assert sent.content[:4] == b"RIFF"
    assert "attachment" in sent.headers["content-disposition"]
    world.rule("export", DEMANDED)
    assert world.send(browser, f"/recordings/{CALL}/export", reason="complaint 17").status_code == 403
    own = world.send(browser, f"/recordings/{CALL}/approve", exporter="supervisor", reason="why")
    assert own.status_code == 403
    other = world.second_supervisor()
    assert world.send(other, f"/recordings/{CALL}/approve", exporter="supervisor", reason="why").status_code == 303
    assert world.send(browser, f"/recordings/{CALL}/export", reason="complaint 17").status_code == 200
    assert world.send(browser, f"/recordings/{CALL}/export", reason="complaint 17").status_code == 403


def test_what_was_read_of_an_old_recording_is_forgotten_with_it(world: World) -> None:
    browser = world.browser("user:supervisor")
    for call, at, peaks in (("call-new", 1_700_000_000.0, True), ("call-old", 1_600_000_000.0, False)):
        world.add_call(call, at, sealed=True, peaks=peaks)
    stored = world.house.recordings.find("call-old")
    for _ in range(2):
        drawn = [browser.get(f"/api/recordings/{call}/waveform").json() for call in ("call-new", "call-old")]
        assert drawn[0] == drawn[1]
    world.house.recordings.remove(stored)
    assert browser.get("/api/recordings/call-old/waveform").status_code == 422
    assert browser.get("/recordings/call-old/thumbnail.svg").status_code == 422
