"""PINs and codes that the engine keeps are guessed: over calls and hubs, between successes, by time, all at once.

The hub is asked as a cell asks it, so a cell that leaves the counting out gains nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ivr.adapters.files.attempts import AttemptFile
from ivr.core.identity.account import AccountSecrets, FactorKind, claim, is_pin, pin_hash
from ivr.core.identity.attempts import LOCK_SECONDS, MOST
from ivr.core.identity.totp import STEP_SECONDS, code
from ivr.engine.bus.client import HubClient
from ivr.engine.cell.account_proofs import AccountProofs
from ivr.engine.hub import accounts as hub_accounts
from ivr.errors import EnvironmentFault, PeerError
from ivr.testing.fake_accounts import MemoryAccountStore
from ivr.testing.fake_stores import MemoryKeyStore
from tests.integration.hub.house import House, house

PIN, WRONG, SEED = "482913", "482914", bytes(range(20))
MINE, NOBODYS = "10000001", "99999999"


@dataclass(slots=True)
class Bank:
    """What outlives a hub: the accounts, the counter, the clock of locks."""

    directory: Path
    now: float = 1000.0
    store: MemoryAccountStore = field(default_factory=MemoryAccountStore)
    keys: MemoryKeyStore = field(default_factory=MemoryKeyStore)

    def __post_init__(self) -> None:
        self.store.put(MINE, AccountSecrets(pin_hash(PIN, salt=bytes(16)), 1.0, SEED.hex()), instead_of=None)

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[House]:
        counter = AttemptFile(self.directory / "attempts.json", self.keys, wall=lambda: self.now)
        async with house(attempts=counter, accounts=self.store) as made:
            yield made


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(tmp_path)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_accounts, "ANSWER_SECONDS", 0.0)


async def tries(made: House, kind: FactorKind, account: str, secret: str, *, call: str = "c") -> bool:
    source = AccountProofs(HubClient(made.path, "here"), call)
    answer = await asyncio.to_thread(
        lambda: source.query(str(kind), {"account": account, str(kind): secret}, timeout=20.0)
    )
    assert set(answer) == {"right"}
    return answer["right"] is True


def code_now(step: int = 0) -> str:
    return code(SEED, int(time.time() // STEP_SECONDS) + step)


async def test_wrong_pins_lock_an_account_over_calls_and_hubs_and_time_or_a_person_opens_it(bank: Bank) -> None:
    for call in range(MOST):  # each time another hub
        async with bank.hub() as made:
            assert not await tries(made, FactorKind.PIN, MINE, WRONG, call=f"c{call}")
    async with bank.hub() as made:
        assert not await tries(made, FactorKind.PIN, MINE, PIN), "locked: the right one is as wrong as the others"
        assert not await tries(made, FactorKind.CODE, MINE, code_now()), "and so is every other factor"
        locked = [entry for entry in made.log.told() if entry.action == "identity.locked"]
        assert [entry.details["factor"] for entry in locked] == ["pin", "code"]
        assert MINE not in repr(locked)
        assert PIN not in repr(locked)
        bank.now += LOCK_SECONDS + 1
        assert await tries(made, FactorKind.PIN, MINE, PIN)


async def test_a_success_of_one_factor_forgives_no_failure_of_another(bank: Bank) -> None:
    """Who has stolen the PIN would else clear the count between two guesses at the code, and guess for ever."""
    async with bank.hub() as made:
        for _ in range(MOST):
            assert await tries(made, FactorKind.PIN, MINE, PIN)
            assert not await tries(made, FactorKind.CODE, MINE, "000000" if code_now() != "000000" else "000001")
        assert not await tries(made, FactorKind.PIN, MINE, PIN), "locked by the guesses at the code"


async def test_guesses_at_once_are_counted_one_by_one(bank: Bank) -> None:
    async with bank.hub() as made:
        for numbers in ((0, 1, 2), (4, 5, 6)):
            guessed = [tries(made, FactorKind.PIN, MINE, f"48291{number}") for number in numbers]
            assert not any(await asyncio.gather(*guessed))
        assert not await tries(made, FactorKind.PIN, MINE, PIN)


async def test_a_code_is_taken_by_one_of_those_who_heard_it(bank: Bank) -> None:
    async with bank.hub() as made:
        shown = code_now()
        taken = await asyncio.gather(*(tries(made, FactorKind.CODE, MINE, shown) for _ in range(3)))
        assert taken.count(True) == 1


@pytest.mark.parametrize("kind", FactorKind)
async def test_what_is_wrong_unknown_or_locked_is_answered_alike_and_at_the_same_time(
    bank: Bank, kind: FactorKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the work that is done, and by the answer's own time: neither tells which accounts there are."""
    hashed: list[str] = []

    def seen(typed: str, kept: str) -> bool:
        hashed.append(typed)
        return is_pin(typed, kept)

    monkeypatch.setattr(hub_accounts, "is_pin", seen)
    monkeypatch.setattr(hub_accounts, "ANSWER_SECONDS", 0.8)
    async with bank.hub() as made:
        counter = made.hub.accounts._ports.attempts
        while counter.ask(claim("10000002"), str(kind)):
            pass
        times = []
        for account in (MINE, NOBODYS, "10000002"):
            began = time.monotonic()
            assert not await tries(made, kind, account, WRONG)
            times.append(time.monotonic() - began)
        assert hashed == ([WRONG] * 3 if kind is FactorKind.PIN else [])
        assert min(times) >= 0.8


async def test_what_cannot_be_counted_or_read_is_no_answer_and_costs_no_attempt(bank: Bank) -> None:
    class Away(MemoryAccountStore):
        def find(self, account: str) -> AccountSecrets | None:
            raise EnvironmentFault("the database does not answer")

    bank.store, kept = Away(), bank.store
    async with bank.hub() as made:
        for _ in range(MOST + 1):
            with pytest.raises(PeerError):
                await tries(made, FactorKind.PIN, MINE, PIN)
        assert "identity" in made.alarms()
    bank.store = kept
    async with bank.hub() as made:
        assert await tries(made, FactorKind.PIN, MINE, PIN)
        (bank.directory / "attempts.json").write_text("{damaged")
        with pytest.raises(PeerError):
            await tries(made, FactorKind.PIN, MINE, PIN)
