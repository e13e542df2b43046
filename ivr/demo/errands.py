"""The demo's three errands: what a caller says and presses, and what the bank must answer. And how it is told."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.core.speech.numerals import UNITS
from ivr.demo import CALLER
from ivr.demo.bank import DemoAccount
from ivr.errors import PeerError
from ivr.testing.agent_phone import RobotAgent
from ivr.testing.hearing import hears, hears_all
from ivr.testing.listening import part_heard, row_heard
from ivr.testing.robot import RobotCaller
from ivr.testing.robot_call import RobotCall, duration

ANSWER_SECONDS = 45.0
"""Longest wait for what the bank should say next: where packets were lost, a warning is played twice before it."""
PATIENCE_SECONDS = 10.0
"""After words that were not understood, the caller takes to the keys."""
NAMES = dict(zip("0123456789", UNITS, strict=True))
"""Said as one sentence: a synthesizer's single words, put together, are understood less often."""
DOUBT_SECONDS = 2.5
"""From the bank's first sound: by then its doubt has been heard, if it has any."""
EARLIER_SECONDS = 0.3
MOST_CALLS = 2
"""For one errand. A synthesized voice is not always understood, and then this caller does as others do: calls again."""


class Telling:
    """The conversation on the screen, as it happens."""

    def __init__(self, echo: Callable[[str], None]) -> None:
        self._echo, self._began = echo, time.monotonic()

    def head(self, text: str) -> None:
        """A title."""
        self.progress("")
        self._echo(f"\n--- {text} {'-' * max(3, 70 - len(text))}")

    def line(self, who: str, text: str) -> None:
        """Who does what, and when."""
        self.progress("")
        passed = int(time.monotonic() - self._began)
        self._echo(f"{passed // 60:2d}:{passed % 60:02d}  {who:7s} {text}")

    def note(self, text: str) -> None:
        """Something beside the conversation."""
        self.progress("")
        self._echo(text)

    def progress(self, text: str) -> None:
        """What is being waited for, on a line that vanishes; nothing where there is no terminal."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class Stage:
    """What the errands work with."""

    target: tuple[str, int]
    prompts: dict[str, bytes]
    """Text -> PCM of what the bank may say."""
    speak: Callable[[str, str | None], bytes]
    """(text, voice) -> PCM."""
    caller_voice: str
    account: DemoAccount
    telling: Telling
    close: Callable[[], None]


@dataclass(slots=True)
class Visit:
    """One call of the demo's caller."""

    stage: Stage
    call: RobotCall
    mark: float = field(default_factory=time.monotonic)
    """What was heard before is over."""

    async def bank(self, beginning: str, *, whole: bool = False, wait: float = ANSWER_SECONDS) -> None:
        """The bank says the prompt that begins so; the caller has heard its first second, or all of it."""
        text = next(text for text in self.stage.prompts if text.startswith(beginning))
        self.stage.telling.progress(f"waiting for: {text[:60]}")
        listen = hears_all if whole else hears
        if whole:  # a warning of which packets were lost is played again, and the second time counts
            wait += 2 * duration(self.stage.prompts[text])
        try:
            at = await listen(self.call, self.stage.prompts[text], since=self.mark, timeout=wait)
        except PeerError as error:
            raise PeerError(f"“{text[:40]}…” was not heard for {wait:g} s; is the machine very busy?") from error
        self.mark = at + duration(self.stage.prompts[text]) if whole else at
        self.stage.telling.line("bank", text)

    async def bank_values(self, then: str = "") -> None:
        """The bank says something with the caller's own data in it: rendered in memory, in no file to compare it with.

        `then` is the beginning of the prompt that follows at once; without it, the caller listens until it is quiet.
        """
        began = await self.call.hears_sound(timeout=ANSWER_SECONDS, since=self.mark)
        if then:
            text = next(text for text in self.stage.prompts if text.startswith(then))
            ended = await hears(self.call, self.stage.prompts[text], since=self.mark, timeout=2 * ANSWER_SECONDS)
        else:
            ended = await self.call.hears_quiet(0.6)
        self.stage.telling.line("bank", f"({ended - began:.1f} s with the caller's own data, rendered in memory)")
        self.mark = ended
        if then:
            await self.bank(then)

    async def press(self, keys: str, *, secret: bool = False) -> None:
        """The caller presses keys."""
        self.stage.telling.line("caller", f"presses {'•' * len(keys) if secret else keys}")
        spoken = await self.call.press(keys, seconds=0.08, gap=0.08)
        self.mark = spoken.began

    async def say(self, words: str, *, answer: str, key: str) -> None:
        """The caller speaks; if the bank does not answer as it should, they press the key."""
        await self.call.hears_quiet(0.5)
        self.stage.telling.line("caller", f"“{words}”")
        spoken = await self.call.say(self.stage.speak(words, self.stage.caller_voice))
        self.mark = spoken.began
        try:
            await self.bank(answer, wait=PATIENCE_SECONDS)
        except PeerError:
            self.stage.telling.note("               (not understood: the caller takes to the keys)")
            await self.press(key)
            await self.bank(answer)

    async def say_digits(self) -> bool:
        """The bank reads out digits that it has just drawn; the caller says what they heard, and again if it doubts.

        Whether the bank was sure in the end. Nobody tells the caller which digits they are: they know what each of the
        ten sounds like in the bank's voice.
        """
        begins = "To confirm that it is you"
        for doubt in ("I am not sure yet", "I am not sure yet", "I could not confirm your identity"):
            await self.bank(begins, whole=True)
            await self.call.hears_quiet(0.8)
            # From a little earlier on: packets come late and early, and the first digit must be heard whole.
            heard = self.call.heard(self.mark - EARLIER_SECONDS)
            row = row_heard({digit: self.stage.prompts[digit] for digit in NAMES}, heard)
            self.stage.telling.line("bank", f"({len(row)} digits, drawn this moment)")
            self.stage.telling.line("caller", f"“{' '.join(row)}”")
            words = self.stage.speak(", ".join(NAMES[digit] for digit in row), self.stage.caller_voice)
            self.mark = (await self.call.say(words)).ended
            await self.call.hears_sound(timeout=ANSWER_SECONDS, since=self.mark)
            try:
                await self.bank(doubt, wait=DOUBT_SECONDS)
            except PeerError:
                return True
            begins = "Please say them clearly"
        return False


async def balance(stage: Stage) -> None:
    """By keys alone, with a secret number."""
    stage.telling.head("first errand: the balance, by keys")
    async with _caller(stage) as robot:
        visit = Visit(stage, await robot.dial())
        await visit.bank("Welcome to the wealth line", whole=True)
        await visit.bank("For English")
        await visit.press("1")
        await visit.bank("You can ask for")
        await visit.press("1")
        await visit.bank("Please key in your account number")
        await visit.press(stage.account.account)
        await visit.bank("Now your telephone PIN")
        await visit.press(f"{stage.account.pin}#", secret=True)
        await visit.bank("One moment please", whole=True)
        await visit.bank_values(then="Can I do anything else")
        await _goodbye(visit)


async def fund(stage: Stage) -> None:
    """By words, with a warning that must be heard and a voice that must be known."""
    stage.telling.head("second errand: buying a fund, by words")
    for _ in range(MOST_CALLS):
        async with _caller(stage) as robot:
            visit = Visit(stage, await robot.dial())
            await _asks_for_a_fund(visit)
            if await visit.say_digits():
                await visit.bank_values()
                await visit.say("yes please", answer="I am placing your order", key="1")
                visit.mark += duration(stage.prompts["I am placing your order. One moment please."])
                await visit.bank_values(then="Can I do anything else")
                await _goodbye(visit)
                return
            stage.telling.note("               (the bank could not be sure who it is: the caller hangs up)")
    raise PeerError(f"the bank did not know the caller's voice in {MOST_CALLS} calls")


async def _asks_for_a_fund(visit: Visit) -> None:
    account = visit.stage.account
    await visit.bank("Welcome to the wealth line", whole=True)
    await visit.bank("For English", whole=True)
    await visit.say("English", answer="You can ask for", key="1")
    await visit.say("I want to invest", answer="You would like to buy a fund", key="2")
    await visit.press(account.account)
    await visit.bank("Now your telephone PIN")
    await visit.press(f"{account.pin}#", secret=True)
    await visit.bank("One moment please", whole=True)
    await visit.bank("Important information", whole=True)
    await visit.bank("If you have heard and understood", whole=True)
    await visit.say("I understand", answer="To confirm that it is you", key="1")


async def agent_talk(stage: Stage, agent: RobotAgent) -> None:
    """To a person: queue, ringing, two voices. What takes long to compute is done outside of the talk: an agent's phone
    that is silent for two seconds counts as gone."""
    stage.telling.head("third errand: an agent")
    greeting = stage.speak("Good morning, this is Kim. How may I help you?", None)
    question = stage.speak("Hello Kim. When will my new fund be on my account?", stage.caller_voice)
    async with _caller(stage) as robot:
        visit = Visit(stage, await robot.dial())
        await visit.bank("Welcome to the wealth line", whole=True)
        await visit.bank("For English")
        await visit.press("1")
        await visit.bank("You can ask for", whole=True)
        await visit.say("speak to an agent", answer="All calls with our agents", key="0")
        desk = await agent.takes_call(30)
        stage.telling.line("agent", "the phone rang, and is answered")
        await asyncio.sleep(0.3)
        stage.telling.line("agent", "“Good morning, this is Kim. How may I help you?”")
        await desk.say(greeting)
        stage.telling.line("caller", "“Hello Kim. When will my new fund be on my account?”")
        await visit.call.say(question)
        await asyncio.sleep(0.3)
        heard = visit.call.heard(), desk.heard()
        await desk.hang_up()
        await visit.call.wait_ended(15)
        stage.telling.line("bank", "(hangs up)")
        shares = part_heard(greeting, heard[0]), part_heard(question, heard[1])
        stage.telling.note(
            f"               intact: {shares[0]:.0%} of the agent's words, {shares[1]:.0%} of the caller's"
        )


async def _goodbye(visit: Visit) -> None:
    await visit.press("2")
    await visit.bank("Thank you for calling Example Bank", whole=True)
    await visit.call.wait_ended(15)
    visit.stage.telling.line("bank", "(hangs up)")


def _caller(stage: Stage) -> RobotCaller:
    host, port = stage.target
    return RobotCaller(target=stage.target, uri=f"sip:service@{host}:{port}", caller=CALLER)


ERRANDS = ("balance", "fund", "agent")
"""In the order in which they are played."""
