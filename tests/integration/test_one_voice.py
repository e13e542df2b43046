"""Prompts by Kokoro in a real call: rendered, published, dialled; a sentence with a value has one voice throughout."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from ivr.adapters.kokoro.synthesizer import VERSION, KokoroSynthesizer
from ivr.apps.settings_file import load_settings
from ivr.apps.wiring.going_live import ready_to_serve
from ivr.apps.wiring.served import load_served, publications
from ivr.apps.wiring.vault import open_key_store
from ivr.core.dialplan.expression import ValueType
from ivr.core.dialplan.runtime.render import spoken
from ivr.core.orders.playing import Clip
from ivr.core.speech.written_out import VERSION as WORDS
from ivr.engine.publishing.prompts import PublishedPrompts
from ivr.testing.engine import Engine
from ivr.testing.hearing import hears_all
from ivr.testing.robot import RobotCaller

RENDER_SECONDS = 5400.0
"""A Chinese sum has 1,350 pieces: half an hour of one processor, which others may want as well."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A value that is keyed in, and the sentence that says it again."""

    kind: ValueType
    entry: dict[str, Any]
    keys: str
    value: str
    sentence: dict[str, str]

    def said(self, language: str) -> Clip:
        """The sentence, as a cell orders it."""
        is_sum = self.kind is ValueType.AMOUNT
        value = Decimal(self.value) if is_sum else self.value
        words = spoken(value, self.kind, language, currency="EUR" if is_sum else None)
        return Clip(language, self.sentence[language].replace("{value}", words), dynamic=True)


DIGITS = Asked(
    ValueType.DIGITS, {"digits": {"length": 4}}, "4071", "4071", {"en": "You keyed {value}.", "zh": "您输入了{value}。"}
)
SUM = Asked(
    ValueType.AMOUNT, {"amount": {}}, "1234*50#", "1234.50", {"en": "Your sum is {value}.", "zh": "金额为{value}。"}
)
DAY = Asked(
    ValueType.DATE, {"date": {}}, "20280602", "2028-06-02", {"en": "It is due on {value}.", "zh": "到期日为{value}。"}
)
QUESTION = {"en": "Please use the keypad.", "zh": "请按键输入。"}


def line(asked: Asked, language: str) -> dict[str, Any]:
    """A dialplan that asks for a value and says it again."""
    (how,) = asked.entry
    kind = {"type": "amount", "currency": "EUR"} if asked.kind is ValueType.AMOUNT else asked.kind.value
    question = {"ask": {language: QUESTION[language]}, how: {"into": "value", **asked.entry[how]}, "go": "said"}
    states = {
        "first": question,
        "said": {"say": {language: asked.sentence[language]}, "barge_in": "never", "go": "bye"},
        "bye": {"hang_up": "completed"},
    }
    head = {"name": "line", "version": "1", "languages": [language], "start": "first", "values": {"value": kind}}
    return {**head, "defaults": {"wait": 20, "otherwise": "bye"}, "states": states}


def published(engine: Engine) -> PublishedPrompts:
    """The prompts of what it serves."""
    settings = load_settings(engine.settings_file, {})
    named = publications(settings).named()
    assert named is not None
    (plan,) = (served := load_served(settings, named)).plans
    return served.prompts_for(plan.dialplan)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    plan = tmp_path / "line.yaml"
    made = Engine(tmp_path, dialplan=plan, cells=1, settings={"speech": {"prompts": "kokoro"}})
    yield made
    made.stop()


def start(engine: Engine, asked: Asked, language: str) -> PublishedPrompts:
    """Has the line spoken, as an operator would before publishing it, and served."""
    plan = Path(engine.settings["dialplans"][0]["file"])
    plan.write_text(yaml.safe_dump(line(asked, language), allow_unicode=True), encoding="utf-8")
    keys = engine.command("keys", "init")
    assert keys.returncode == 0, keys.stderr
    made = engine.command("prompts", "render", timeout_seconds=RENDER_SECONDS)
    assert made.returncode == 0, made.stderr
    assert VERSION in made.stdout
    engine.start()
    return published(engine)


async def is_in_one_voice(engine: Engine, asked: Asked, language: str) -> None:
    """Calls, keys the value in; what the phone receives is the sentence, all of it Kokoro's."""
    prompts = start(engine, asked, language)
    expected = prompts.joined(asked.said(language))
    assert expected is not None, "its pieces were not spoken ahead"
    question = prompts.pcm(Clip(language, QUESTION[language]))
    began = time.time()
    host, port = engine.target
    async with RobotCaller(target=(host, port), uri=f"sip:service@{host}:{port}") as robot:
        call = await robot.dial()
        await hears_all(call, question)
        pressed = await call.press(asked.keys)
        await hears_all(call, expected, since=pressed.began)
        await call.wait_ended(15)
    listed = engine.command("prompts", "list", "--pieces", "--json")
    by = f"{KokoroSynthesizer().speaker(language=language)}+words/{WORDS}"
    assert {one["spoken_by"] for one in json.loads(listed.stdout)} == {by}
    (record,) = [one for one in records(engine) if one["started_at"] >= began]
    assert record["voices"] == [by]


def records(engine: Engine) -> list[dict[str, Any]]:
    """Of calls that are over."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        found = engine.command("recordings", "list", "--json")
        assert found.returncode == 0, found.stderr
        ended = [one for one in map(json.loads, found.stdout.splitlines()) if one["ended_at"]]
        if ended:
            return ended
    raise AssertionError("the call's record was not written")


async def test_digits_are_said_again_in_the_voice_of_their_sentence(engine: Engine) -> None:
    await is_in_one_voice(engine, DIGITS, "en")


GREETING = "Thank you for calling."


async def test_a_line_that_answers_gets_its_voice_by_publishing_and_keeps_the_old_one_until_then(
    tmp_path: Path,
) -> None:
    plan = tmp_path / "line.yaml"
    states = {"first": {"say": {"en": GREETING}, "go": "bye"}, "bye": {"hang_up": "completed"}}
    line = {"name": "line", "version": "1", "languages": ["en"], "start": "first", "states": states}
    plan.write_text(yaml.safe_dump(line), encoding="utf-8")
    engine = Engine(tmp_path, dialplan=plan, cells=1, edge=False)
    try:
        engine.start()  # as it comes: nothing is waited for
        assert "For a voice people like: speech: {prompts: kokoro}" in engine.log_text()
        plain = await greets_with(engine)
        wanted = {**engine.settings, "speech": {"prompts": "kokoro"}}
        engine.settings_file.write_text(yaml.safe_dump(wanted), encoding="utf-8")
        rendered = engine.command("prompts", "render", timeout_seconds=RENDER_SECONDS)
        assert rendered.returncode == 0, rendered.stderr
        assert await greets_with(engine) == plain, "spoken, and not published"
        done = engine.command("publish", timeout_seconds=RENDER_SECONDS)
        assert done.returncode == 0, done.stderr
        assert await greets_with(engine) != plain
    finally:
        engine.stop()
    listed = json.loads(engine.command("prompts", "list", "--json").stdout)
    (by,) = (one["spoken_by"] for one in listed if one["text"] == GREETING)
    assert by.startswith(VERSION)
    told: list[str] = []
    engine.settings_file.write_text(yaml.safe_dump(engine.settings), encoding="utf-8")
    settings = load_settings(engine.settings_file, {})
    ready_to_serve(settings, open_key_store(settings), "os:operator", told.append)
    assert [line for line in told if line.startswith("not live: the settings have prompts spoken by espeak-ng")]


async def greets_with(engine: Engine) -> bytes:
    """The greeting that is published, which the phone of one caller hears."""
    sound = published(engine).pcm(Clip("en", GREETING))
    async with RobotCaller(target=engine.target) as robot:
        call = await robot.dial()
        await hears_all(call, sound)
        await call.wait_ended(15)
    return sound


@pytest.mark.soak
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("asked", [DIGITS, SUM, DAY], ids=["digits", "sum", "day"])
async def test_every_kind_of_value_is_said_in_the_voice_of_its_sentence(
    engine: Engine, asked: Asked, language: str
) -> None:
    await is_in_one_voice(engine, asked, language)
