"""A connection to another host: it is given away only once the host has shown who it is.

Rule: a host that may be at several addresses, such as the line of two machines of which one leads, is dialled at all of
them at once, and the first that has shown who it is has it. So nothing is remembered of who led last, and a machine
that is dead or waits costs no time.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ivr.engine.link.carrying import keep_alive
from ivr.errors import EnvironmentFault, PeerError

OPEN_SECONDS = 3.0
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class There:
    """Another host, and how it is known."""

    host: str
    """The name that its certificate must have."""
    addresses: tuple[tuple[str, int], ...]
    """One at least; it answers at one of them."""
    context: ssl.SSLContext
    trusted: Callable[[ssl.SSLObject], bool]
    """Whether its certificate counts now."""


async def dial(there: There) -> Streams:
    """Connect. Raises EnvironmentFault: it does not answer, PeerError: it is not who it should be."""
    tries = [asyncio.create_task(_dial(there, address)) for address in there.addresses]
    faults: list[EnvironmentFault | PeerError] = []
    chosen: Streams | None = None
    try:
        for trial in asyncio.as_completed(tries):
            try:
                chosen = await trial
            except (EnvironmentFault, PeerError) as error:
                faults.append(error)
            else:
                return chosen
    finally:
        _let_go_of_others(tries, chosen)
    raise _of_all(faults)


def _let_go_of_others(tries: Iterable[asyncio.Task[Streams]], chosen: Streams | None) -> None:
    for trial in tries:
        if not trial.done():
            trial.cancel()
        elif not trial.cancelled() and trial.exception() is None and trial.result() is not chosen:
            trial.result()[1].transport.abort()


def _of_all(faults: list[EnvironmentFault | PeerError]) -> EnvironmentFault | PeerError:
    """That somebody else is there is told before that nobody is."""
    strangers = [fault for fault in faults if isinstance(fault, PeerError)]
    return strangers[0] if strangers else EnvironmentFault("; ".join(str(fault) for fault in faults))


async def _dial(there: There, address: tuple[str, int]) -> Streams:
    where = f"the host {there.host} at {address[0]}:{address[1]}"
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            reader, writer = await asyncio.open_connection(*address, ssl=there.context, server_hostname=there.host)
    except ssl.SSLError as error:
        raise PeerError(f"{where} is not who it should be, or does not know us ({error.reason})") from error
    except (OSError, TimeoutError) as error:
        raise EnvironmentFault(f"{where} does not answer") from error
    keep_alive(writer)
    if not there.trusted(writer.get_extra_info("ssl_object")):
        writer.transport.abort()
        raise PeerError(f"{where} shows a certificate that is not the one that was made for it last")
    return reader, writer
