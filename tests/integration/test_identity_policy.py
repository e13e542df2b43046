"""Step by step known on a real line, in English and Chinese: PIN, code, what a talk ends, and what a lock keeps out."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from ivr.core.identity.totp import STEP_SECONDS, code
from ivr.errors import IvrError
from ivr.testing.hearing import hears, in_touch
from ivr.testing.robot_call import RobotCall
from tests.integration.conftest import Line, until
from tests.integration.vault.markers import files_below, sightings, text_forms

SEED = bytes(range(1, 21))
ACCOUNTS = """\
account,pin,seed
10000001,48291377,{seed}
10000002,27182845,{seed}
10000003,31415926,{seed}
""".format(seed=base64.b32encode(SEED).decode())
WRONG = "58231769"
"""A PIN that nobody has; long enough to stand nowhere by chance."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the line says in one language."""

    key: str
    menu: str
    account: str
    pin: str
    code: str
    ordered: str
    wrong: str
    nobody: str


ENGLISH = Words(
    "1", "To order press 1", "Whose order is it", "Its number", "The code that", "It is ordered",
    "Account or number", "Nobody is known here",
)  # fmt: skip
CHINESE = Words(
    "2",
    "订购请按1",
    "请输入订购账号",
    "请输入密码",
    "请输入动态验证码",
    "已为您订购",
    "账号或密码不正确",
    "无法验证身份",
)


@dataclass(slots=True)
class Caller:
    """One call to the line."""

    line: Line
    call: RobotCall
    words: Words
    since: float

    async def hears(self, prompt: str) -> None:
        await hears(self.call, self.line.prompt(prompt), since=self.since)

    async def keys(self, keys: str, then: str) -> None:
        """Press, and hear what comes of it."""
        self.since = (await self.call.press(keys)).began
        await self.hears(then)

    async def tries(self, account: str, pin: str, then: str) -> None:
        await self.keys(account, self.words.pin)
        await self.keys(f"{pin}#", then)


async def comes(stack: AsyncExitStack, line: Line, words: Words) -> Caller:
    robot = await stack.enter_async_context(line.caller("known"))
    call = await robot.dial()
    caller = Caller(line, call, words, call.invited_at)
    await caller.hears("For an order in English")
    await caller.keys(words.key, words.menu)
    return caller


@pytest.fixture(scope="module", autouse=True)
def kept(line: Line, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The bank has given us what checks its customers, and the file is gone."""
    file = tmp_path_factory.mktemp("bank") / "accounts.csv"
    file.write_text(ACCOUNTS)
    taken = line.engine.command("accounts", "take-in", str(file), "--reason", "first load")
    assert taken.returncode == 0, taken.stderr
    file.unlink()


def code_of(step: int) -> str:
    """Of this half minute, or the next one: each is taken once."""
    return code(SEED, int(time.time() // STEP_SECONDS) + step)


@pytest.mark.parametrize(
    ("words", "account", "pin"), [(ENGLISH, "10000001", "48291377"), (CHINESE, "10000002", "27182845")]
)
async def test_a_caller_is_asked_for_what_is_missing_and_after_a_talk_for_what_it_ended(
    line: Line, words: Words, account: str, pin: str
) -> None:
    began = time.time()
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(line.office(rings=0.0))
        caller = await comes(stack, line, words)
        await caller.keys("1", words.account)
        await caller.tries(account, pin, words.code)
        await caller.keys(code_of(0), words.ordered)
        await caller.hears(words.menu)
        await caller.call.press("2")
        far = await office.takes_call()
        await in_touch(caller.call, far)
        caller.since = time.monotonic()
        await far.hang_up()
        await caller.hears(words.menu)
        await caller.keys("1", words.code)
        await caller.keys(code_of(1), words.ordered)
        await caller.call.hang_up()
    record = await asyncio.to_thread(line.record, began)
    assert record["identity"] == "strong"
    assert record["states"].count("account") == 1, "the PIN still counted"
    assert record["states"].count("ordered") == 2
    written = files_below(line.engine.directory, line.engine.run_dir)
    for secret in (pin, "$argon2id$v=19$m=", base64.b32encode(SEED).decode(), SEED.hex()):
        assert not await asyncio.to_thread(sightings, written, text_forms(secret))


@pytest.mark.soak
async def test_wrong_pins_lock_an_account_over_calls_and_a_killed_hub_and_stand_nowhere(line: Line) -> None:
    began = time.time()
    await guesses(line)
    killed = await asyncio.to_thread(hub, line)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    await until(lambda: hub(line) not in (None, killed), "no other hub came")
    await guesses(line)  # the sixth is the first that is not made: it sounds alike
    log = await asyncio.to_thread(line.engine.command, "audit", "log")
    assert log.stdout.count("identity.locked") == 1
    assert "10000003" not in log.stdout
    written = files_below(line.engine.directory, line.engine.run_dir, since=began)
    assert not await asyncio.to_thread(lambda: sightings(written, text_forms(WRONG)))
    record = await asyncio.to_thread(line.record, began)
    for command in (("recordings", "show"), ("replay",)):
        shown = await asyncio.to_thread(line.engine.command, *command, record["call_id"])
        assert shown.returncode == 0, shown.stderr
        assert WRONG not in shown.stdout


async def guesses(line: Line) -> None:
    """A call in which three PINs are tried, all wrong."""
    words = ENGLISH
    async with AsyncExitStack() as stack:
        caller = await comes(stack, line, words)
        await caller.keys("1", words.account)
        for then in (words.wrong, words.wrong, words.nobody):
            await caller.tries("10000003", WRONG, then)
            if then == words.wrong:
                await caller.hears(words.account)


def hub(line: Line) -> int | None:
    """The hub that answers; None while none does."""
    try:
        return int(line.engine.status()["hub"]["pid"])
    except (IvrError, KeyError, ValueError):
        return None
