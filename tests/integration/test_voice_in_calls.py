"""A voice that is enrolled in a call and known in the next one, on a real line, in English and Chinese.

Whoever calls here is a synthetic voice (Kokoro), but for one customer: a real person's recordings.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from ivr.adapters.kokoro.synthesizer import KokoroSynthesizer
from ivr.core.media.frame import SAMPLE_BYTES, SAMPLE_RATE, samples
from ivr.core.orders.playing import Clip
from ivr.testing.hearing import hears, in_touch
from ivr.testing.listening import find, row_heard
from ivr.testing.robot_call import RobotCall
from tests.conftest import RealVoice
from tests.integration.conftest import Line
from tests.integration.vault.markers import files_below, sightings, text_forms

QUIET = bytes(samples(1.0) * SAMPLE_BYTES)
"""After what is said: it is over."""
DIGITS = 10
"""Drawn. Synthetic voices speak fast: eight hold less than 2.5 s of speech."""
RINGS = 5.0
"""Seconds at the desk: who answers sooner cuts short what the caller is told first, and it would not be heard."""
PIECES_AT, PIECE_SECONDS = (0.0, 7.0, 14.0), 6.5
"""Of a real person's longest prompt: three sentences to be enrolled by. Seconds."""
ACCOUNTS = """\
account,pin
20000001,48291377
20000002,27182845
20000003,31415926
"""


@dataclass(frozen=True, slots=True)
class Words:
    """One language: what the line says, who calls, and what they say."""

    language: str
    key: str
    account: str
    pin: str
    menu: str
    agree: str
    first: str
    other: str
    enrolled: str
    refused: str
    digits: str
    again: str
    """The sentence before the digits that are asked for next: a text with a value is spoken sentence by sentence."""
    sentence: str
    ordered: str
    agent: str
    customer: str = ""
    """Kokoro's voice."""
    stranger: str = ""
    sentences: tuple[str, ...] = ()
    wrong: str = ""
    """Said where digits are asked for."""
    figures: str = ""
    comma: str = ""

    def row(self, digits: str) -> str:
        """Digits in words, one by one."""
        return self.comma.join(self.figures.split()[int(digit)] for digit in digits)


ENGLISH = Words(
    "en", "1", "Please key in the account", "And the number", "To be known by", "If you agree", "Please tell me about",
    "Please tell me something", "Your voice is kept", "Your voice was not", "Please say after me",
    "Say these", "Tell me what you did", "Ordered, since", "An agent will ask",
    customer="bf_emma", stranger="am_michael",
    sentences=(
        "This morning I walked along the river with my dog, and then we had breakfast in a small cafe near the bridge.",
        "Last weekend my sister came to visit us, so we cooked dinner together and talked until midnight.",
        "The garden behind our house is full of roses now, and in the evening the whole family likes to sit outside.",
    ),
    wrong="Yesterday I met an old friend on the train, and we talked about the places that we would like to see.",
    figures="zero one two three four five six seven eight nine", comma=", ",
)  # fmt: skip
CHINESE = Words(
    "zh", "2", "请输入账号", "请输入您的密码", "登记声纹请按1", "如果同意", "请说说今天", "请再说一件",
    "您的声纹已登记", "声纹没有", "请跟我说", "请重新说", "请随便说几句", "已用声纹", "请稍候，客服",
    customer="zf_xiaobei", stranger="zm_yunxi",
    sentences=(
        "今天早上我吃了两个包子和一碗豆浆，味道非常好，下次还想再去那家店。",
        "周末我打算带孩子去公园放风筝，如果下雨就改成在家里看电影。",
        "我家楼下新开了一家书店，里面很安静，晚上常常有人在那里读书。",
    ),
    wrong="昨天坐地铁的时候遇见一位老同学，我们聊了很久关于旅行的事情。",
    figures="零 一 二 三 四 五 六 七 八 九", comma="，",
)  # fmt: skip


@dataclass(slots=True)
class Visit:
    """One call."""

    line: Line
    call: RobotCall
    words: Words
    since: float

    async def hears(self, prompt: str) -> float:
        return await hears(self.call, self.line.prompt(prompt), since=self.since, timeout=60)

    async def presses(self, keys: str, then: str) -> None:
        self.since = (await self.call.press(keys)).began
        await self.hears(then)

    async def hears_out(self, prompt: str) -> float:
        """Until its end, of which a busy machine may lose a packet; when it began."""
        began = await self.hears(prompt)
        length = len(self.line.prompt(prompt)) / SAMPLE_BYTES / SAMPLE_RATE
        await asyncio.sleep(max(0.0, began + length + 0.1 - time.monotonic()))
        return began

    async def says(self, pcm: bytes, *prompts: str) -> str:
        """Which of these the line says to it."""
        self.since = (await self.call.say(pcm + QUIET)).began  # a pause in it may be taken for its end
        waiting = {asyncio.ensure_future(self.hears(prompt)): prompt for prompt in prompts}
        done, late = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()
        first = done.pop()
        await first
        return waiting[first]

    async def is_asked_for_digits(self, prompt: str) -> str:
        """The digits, as a caller hears them."""
        began = await self.hears_out(prompt)
        await self.call.hears_quiet(0.8)
        # By samples, not by when packets came: on a busy machine they come late.
        heard, ending = self.call.heard(began), self.line.prompt(prompt)[-samples(1.0) * SAMPLE_BYTES :]
        after = find(ending, heard).sample * SAMPLE_BYTES + len(ending)
        spoken = {digit: self.line.spoken(Clip(self.words.language, digit)) for digit in "0123456789"}
        row = row_heard(spoken, heard[after:])
        assert len(row) == DIGITS, "the robot did not hear what it was asked for"
        return row

    async def enrols(self, sentences: Sequence[bytes], then: str) -> None:
        """From the menu on, to the menu."""
        words = self.words
        await self.presses("1", words.agree)
        await self.presses("1", words.first)
        for number, sentence in enumerate(sentences):
            await self.hears_out(words.first if number == 0 else words.other)
            last = number == len(sentences) - 1
            await self.says(sentence, then if last else words.other)


@asynccontextmanager
async def visit(line: Line, words: Words, account: str, pin: str) -> AsyncIterator[Visit]:
    """A call that has come to the menu."""
    async with line.caller("voices") as robot:
        call = await robot.dial()
        caller = Visit(line, call, words, call.invited_at)
        await caller.hears("For your voice in English")
        await caller.presses(words.key, words.account)
        await caller.presses(account, words.pin)
        await caller.presses(pin, words.menu)
        yield caller


@pytest.fixture(scope="module", autouse=True)
def kept(line: Line, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The bank has given us what checks its customers, and the file is gone."""
    file = tmp_path_factory.mktemp("bank") / "accounts.csv"
    file.write_text(ACCOUNTS)
    taken = line.engine.command("accounts", "take-in", str(file), "--reason", "first load")
    assert taken.returncode == 0, taken.stderr
    file.unlink()


def said_nowhere(line: Line, since: float, *secrets: str) -> None:
    """Neither in records, journals, logs and databases, nor in what people are shown."""
    written = files_below(line.engine.directory, line.engine.run_dir, since=since)
    record = line.record(since)
    shown = line.engine.command("recordings", "show", record["call_id"])
    assert shown.returncode == 0, shown.stderr
    log = line.engine.command("audit", "log").stdout
    for secret in secrets:
        assert not sightings(written, text_forms(secret))
        assert secret not in log + shown.stdout


async def test_a_real_voice_that_was_enrolled_in_a_call_is_known_in_the_next_and_its_recording_is_not(
    line: Line, voice: RealVoice
) -> None:
    began, pin = time.time(), "31415926"
    whole = voice("demo-instruct")
    first, length = (samples(seconds) * SAMPLE_BYTES for seconds in (PIECES_AT[1], PIECE_SECONDS))
    sentences = [whole[number * first : number * first + length] for number in range(len(PIECES_AT))]
    async with visit(line, ENGLISH, "20000003", pin) as caller:
        await caller.enrols(sentences, ENGLISH.enrolled)
    for then in (ENGLISH.ordered, ENGLISH.agent):  # the second time it is a recording of the first
        async with visit(line, ENGLISH, "20000003", pin) as caller:
            await caller.presses("3", ENGLISH.sentence)
            await caller.hears_out(ENGLISH.sentence)
            assert await caller.says(voice("vm-intro"), ENGLISH.ordered, ENGLISH.agent) == then
    assert "voice_replayed" in (await asyncio.to_thread(line.record, began))["flags"]
    await asyncio.to_thread(said_nowhere, line, began, pin)


@dataclass(frozen=True, slots=True)
class Mouth:
    """A synthetic person."""

    kokoro: KokoroSynthesizer
    language: str
    voice: str

    async def say(self, text: str) -> bytes:
        """What they say, never twice alike in another sentence."""
        return await asyncio.to_thread(self.kokoro.synthesize, text, language=self.language, voice=self.voice)


@pytest.fixture(scope="module")
def kokoro() -> Iterator[KokoroSynthesizer]:
    speaker = KokoroSynthesizer()
    yield speaker
    speaker.close()


OF_LANGUAGE: Mapping[str, tuple[Words, str, str]] = {
    "en": (ENGLISH, "20000001", "48291377"),
    "zh": (CHINESE, "20000002", "27182845"),
}


@pytest.mark.soak
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_who_enrols_is_known_by_digits_and_another_voice_wrong_words_and_a_replay_come_to_an_agent(
    line: Line, kokoro: KokoroSynthesizer, language: str
) -> None:
    words, account, pin = OF_LANGUAGE[language]
    customer, stranger = (Mouth(kokoro, language, name) for name in (words.customer, words.stranger))
    began, rows = time.time(), []
    sentences = [await customer.say(sentence) for sentence in words.sentences]
    wrong = await customer.say(words.wrong)
    async with visit(line, words, account, pin) as caller:
        await caller.enrols(sentences, words.enrolled)

    async with line.desk(rings=RINGS) as desk, visit(line, words, account, pin) as thief:
        await thief.presses("2", words.digits)
        told = words.digits
        while told != words.agent:  # by which digits were drawn, another voice is refused at once or doubted
            rows.append(await thief.is_asked_for_digits(told))
            told = await thief.says(await stranger.say(words.row(rows[-1])), words.ordered, words.agent, words.again)
            assert told != words.ordered
        await in_touch(thief.call, await desk.takes_call())

    async with visit(line, words, account, pin) as caller:
        await caller.presses("2", words.digits)
        rows.append(await caller.is_asked_for_digits(words.digits))
        told = await caller.says(wrong, words.ordered, words.agent, words.again)
        answer = b""
        while told == words.again:
            rows.append(await caller.is_asked_for_digits(told))
            answer = await customer.say(words.row(rows[-1]))
            told = await caller.says(answer, words.ordered, words.agent, words.again)
        assert told == words.ordered
        assert answer, "other words than the digits were accepted"

    async with visit(line, words, account, pin) as replayed:
        await replayed.presses("2", words.digits)
        rows.append(await replayed.is_asked_for_digits(words.digits))
        assert await replayed.says(answer, words.ordered, words.agent, words.again) == words.agent
    record = await asyncio.to_thread(line.record, began)
    assert "voice_replayed" in record["flags"]

    async with visit(line, words, account, pin) as again:
        await again.enrols(sentences, words.refused)  # who is enrolled is not enrolled over
    assert len(set(rows)) == len(rows) >= 4
    await asyncio.to_thread(said_nowhere, line, began, pin, *rows)
