"""A line on two machines: `ivr serve` waits here until its machine leads, and ends at once when it does no more."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from ivr.adapters.sql.database import open_database
from ivr.adapters.sql.witness import PostgresWitness, witness_options
from ivr.apps.settings import Settings
from ivr.apps.structured_log import Log
from ivr.apps.wiring.engine_file import engine_file
from ivr.apps.wiring.leading import forget_term, note_term, term_files
from ivr.apps.wiring.left_behind import end_all
from ivr.apps.wiring.only_one import only_one, this_machine
from ivr.apps.wiring.vault import database_password
from ivr.core.leading import Term
from ivr.engine.leading.company import keep_company
from ivr.engine.leading.keeper import Keeper
from ivr.engine.leading.waiting import Waiting
from ivr.engine.supervisor.child import AlarmRaiser

LED_NO_MORE = 75
"""Exit code (EX_TEMPFAIL): the service manager starts it again, and it stands by."""
_QUIET = (signal.SIGHUP, signal.SIGUSR1)
_ENDING = (signal.SIGTERM, signal.SIGINT)

Say = Callable[[str], None]


def boot_time() -> float:
    """Seconds since this machine began, those in which it slept included (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def witness(settings: Settings) -> PostgresWitness:
    """The settings' database, asked whether it answers."""
    url, password = settings.database_url, database_password(settings)
    return PostgresWitness(open_database(url, password=password, options=witness_options()))


def waiting(settings: Settings, say: Say) -> Waiting:
    """What this machine is until it leads."""
    assert settings.standby is not None
    terms = term_files(settings)

    def keep(term: Term) -> Keeper:
        note_term(settings, term)
        return Keeper(
            term,
            terms=terms,
            witness=witness(settings),
            clock=boot_time,
            lost=partial(_lost, settings),
            gone=lambda: os._exit(LED_NO_MORE),
        )

    return Waiting(
        settings.standby.machine,
        terms=terms,
        witness=witness(settings),
        keep=keep,
        alone=lambda: only_one(settings, shared=True),
        where=str(settings.data_dir),
        clock=boot_time,
        say=say,
    )


async def tell_of_company(settings: Settings, log: Log, alarm: AlarmRaiser) -> None:
    """Until cancelled: people hear when no other machine stands by."""
    assert settings.standby is not None
    machine = settings.standby.machine
    await keep_company(machine, terms=term_files(settings), clock=boot_time, log=log, alarm=alarm)


@contextmanager
def leading(settings: Settings, say: Say) -> Iterator[bool]:
    """Wait until this machine leads; within the block it does. False: it was told to stop before.

    Raises OperatorError when another engine of this machine's name works on the same directories.
    """
    with this_machine(settings), ExitStack() as held:
        _forget(settings)
        with _told_to_stop() as stop:
            keeper = waiting(settings, say).until_led(stop, held)
        if keeper is None:
            yield False
            return
        yield True  # after a failure nothing is said: calls that run are taken in by who is started next, here
        end_all(settings)  # what the supervisor could not end, so that the other machine may begin
        _forget(settings)
        keeper.close()


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Within the block signals that end set the event, and those that a serving engine understands do nothing."""
    stop = threading.Event()
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _QUIET}
    for number in _ENDING:
        before[number] = signal.signal(number, lambda number, frame: stop.set())
    try:
        yield stop
    finally:
        for number in _ENDING:
            signal.signal(number, before[number])


def _lost(settings: Settings, why: str) -> None:
    """Nothing of the engine lives on, calls included: the other machine takes up what they left."""
    print(f"this machine leads no more and ends everything: {why}", file=sys.stderr, flush=True)
    end_all(settings)
    _forget(settings)


def _forget(settings: Settings) -> None:
    """No engine leads here: who looks for one (`deploy/keepalived/leads`) finds none."""
    engine_file(settings).unlink(missing_ok=True)
    forget_term(settings)
