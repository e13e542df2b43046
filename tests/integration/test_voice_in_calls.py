"""A voice that is enrolled in a call and known in the next one, on a real line, in English and Chinese.

The English customer is a real person's recordings; the Chinese one, and everybody else, are synthetic voices.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from ivr.adapters.pyttsx3_tts import Pyttsx3Synthesizer
from ivr.core.dialplan.language.load import load_dialplan
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE, samples
from ivr.testing.hearing import hears, hears_all
from ivr.testing.listening import row_heard
from ivr.testing.robot_call import RobotCall
from tests.conftest import RealVoice
from tests.integration.conftest import DIALPLANS, Line, start_line
from tests.integration.vault.markers import files_below, sightings, text_forms

pytestmark = pytest.mark.soak
PAUSE = bytes(samples(0.1) * SAMPLE_BYTES)
PIECES_AT = (0.0, 7.0, 14.0)
"""Seconds."""
MORNING = (
    "今天早上我吃了两个包子和一碗豆浆，味道非常好，下次还想再去那家店。",
    "周末我打算带孩子去公园放风筝，如果下雨就改成在家里看电影。",
    "我家楼下新开了一家书店，里面很安静，晚上常常有人在那里读书。",
)
LATER = "昨天坐地铁的时候遇见一位老同学，我们聊了很久关于旅行的事情。"
ENGLISH_PIN, CHINESE_PIN = "2468", "1357"


@dataclass(frozen=True, slots=True)
class Words:
    """What the line says in one language."""

    key: str
    account: str
    pin: str
    menu: str
    agree: str
    first: str
    other: str
    enrolled: str
    refused: str
    ordered: str
    agent: str


ENGLISH = Words(
    "1", "Please key in the account", "And the number", "To be known by", "If you agree", "Please tell me about",
    "Please tell me something", "Your voice is kept", "Your voice was not", "It is ordered by", "An agent will ask",
)  # fmt: skip
CHINESE = Words(
    "2", "请输入账号", "请输入您的密码", "登记声纹请按1", "如果同意", "请说说今天", "请再说一件", "您的声纹已登记",
    "声纹没有", "已用声纹", "请稍候，客服",
)  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """An engine that serves this line alone."""
    path = DIALPLANS / "voices.yaml"
    running = start_line(tmp_path_factory.mktemp("voices"), cells=3, settings={"dialplans": [{"file": str(path)}]})
    plan = load_dialplan(path.read_text(encoding="utf-8"), source=path.name)
    yield replace(running, clips={clip.text: clip for clip in plan.static_clips()})
    running.engine.stop()


@dataclass(slots=True)
class Visit:
    """One call."""

    line: Line
    call: RobotCall
    words: Words
    since: float

    async def hears(self, prompt: str) -> float:
        return await hears(self.call, self.line.prompt(prompt), since=self.since, timeout=40)

    async def presses(self, keys: str, then: str) -> None:
        self.since = (await self.call.press(keys)).began
        await self.hears(then)

    async def says(self, pcm: bytes) -> None:
        self.since = (await self.call.say(pcm)).ended

    async def is_told(self, *prompts: str) -> str:
        """Which of these is heard first."""
        waiting = {asyncio.ensure_future(self.hears(prompt)): prompt for prompt in prompts}
        done, late = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()
        first = done.pop()
        await first
        return waiting[first]

    async def is_asked_for_digits(self, prompt: str) -> str:
        sound = self.line.prompt(prompt)
        began = await hears_all(self.call, sound, since=self.since)
        after = began + len(sound) / SAMPLE_BYTES / SAMPLE_RATE - 0.3
        await self.call.hears_quiet(0.8)
        return row_heard({digit: self.line.prompt(digit) for digit in "0123456789"}, self.call.heard(after))

    async def enrols(self, sentences: list[bytes]) -> None:
        """From the menu on, to the menu."""
        words = self.words
        await self.presses("1", words.agree)
        await self.presses("1", words.first)
        for number, sentence in enumerate(sentences):
            sound = self.line.prompt(words.first if number == 0 else words.other)
            await hears_all(self.call, sound, since=self.since)
            self.since = (await self.call.say(sentence)).began  # a pause in it may be taken for its end


@asynccontextmanager
async def visit(line: Line, words: Words, account: str, pin: str) -> AsyncIterator[Visit]:
    """A call that has come to the menu."""
    async with line.caller("service") as robot:
        call = await robot.dial()
        caller = Visit(line, call, words, call.invited_at)
        await caller.hears("For your voice in English")
        await caller.presses(words.key, words.account)
        await caller.presses(account, words.pin)
        await caller.presses(pin, words.menu)
        yield caller


def sentences(voice: RealVoice) -> list[bytes]:
    """Three pieces of her longest prompt, each with silence behind it."""
    said = voice("demo-instruct")
    pieces = [said[samples(at) * SAMPLE_BYTES : samples(at + 6.5) * SAMPLE_BYTES] for at in PIECES_AT]
    return [piece + bytes(samples(1.0) * SAMPLE_BYTES) for piece in pieces]


def in_her_voice(voice: RealVoice) -> Callable[[str], bytes]:
    return lambda row: PAUSE.join(voice(f"digits/{digit}") for digit in row)


def spoken_chinese(text: str, voice: str = "zh") -> bytes:
    sound = Pyttsx3Synthesizer({"zh": voice}).synthesize(text, language="zh", voice=voice)
    return sound + bytes(samples(1.0) * SAMPLE_BYTES)


async def test_who_enrols_in_english_is_known_by_digits_and_neither_another_voice_nor_wrong_words_nor_a_replay_is(
    house: Line, voice: RealVoice
) -> None:
    began, rows = time.time(), []
    mouth = in_her_voice(voice)
    async with visit(house, ENGLISH, "10000001", ENGLISH_PIN) as first:
        await first.enrols(sentences(voice))
        await first.hears(ENGLISH.enrolled)
    async with visit(house, ENGLISH, "10000001", ENGLISH_PIN) as thief:
        await thief.presses("2", "Please say after me")
        asked = "Please say after me"
        while asked != ENGLISH.agent:  # by which digits were drawn, another voice is refused at once or doubted
            rows.append(await thief.is_asked_for_digits(asked))
            await thief.says(PAUSE.join(house.prompt(digit) for digit in rows[-1]))
            asked = await thief.is_told(ENGLISH.agent, "Those were not they")
    async with visit(house, ENGLISH, "10000001", ENGLISH_PIN) as second:
        await second.presses("2", "Please say after me")
        rows.append(await second.is_asked_for_digits("Please say after me"))
        await second.says(voice("tt-monkeysintro"))  # the right voice, and other words
        rows.append(await second.is_asked_for_digits("Those were not they"))
        answer = mouth(rows[-1])
        await second.says(answer)
        await second.hears(ENGLISH.ordered)
    async with visit(house, ENGLISH, "10000001", ENGLISH_PIN) as replayed:
        await replayed.presses("2", "Please say after me")
        rows.append(await replayed.is_asked_for_digits("Please say after me"))
        await replayed.says(answer)
        await replayed.hears(ENGLISH.agent)
    async with visit(house, ENGLISH, "10000001", ENGLISH_PIN) as again:
        await again.enrols(sentences(voice))
        await again.hears(ENGLISH.refused)  # who is enrolled is not enrolled over
    assert len(set(rows)) == len(rows) >= 4
    written = files_below(house.engine.directory, house.engine.run_dir, since=began)
    for row in rows:
        assert not sightings(written, text_forms(row))
    record = house.record(began)
    shown = house.engine.command("recordings", "show", record["call_id"])
    assert shown.returncode == 0, shown.stderr
    log = house.engine.command("audit", "log").stdout
    assert log.count("voice.enrolled") == 1
    assert not any(row in log + shown.stdout for row in rows)


async def test_who_enrols_in_chinese_is_known_by_a_sentence_and_another_voice_talks_to_an_agent(house: Line) -> None:
    async with visit(house, CHINESE, "10000002", CHINESE_PIN) as first:
        await first.enrols([spoken_chinese(text) for text in MORNING])
        await first.hears(CHINESE.enrolled)
    for voice, then in (("zh-man", CHINESE.agent), ("zh", CHINESE.ordered), ("zh", CHINESE.agent)):
        async with visit(house, CHINESE, "10000002", CHINESE_PIN) as caller:
            await caller.presses("2", "请随便说几句")
            await hears_all(caller.call, house.prompt("请随便说几句"), since=caller.since)
            caller.since = (await caller.call.say(spoken_chinese(LATER, voice))).began
            await caller.hears(then)  # the third time it is a recording of the second
