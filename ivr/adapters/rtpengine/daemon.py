"""rtpengine as a process of ours: in user space, with no root and no kernel module, ordered about on loopback only."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import socket
from dataclasses import dataclass

from ivr.adapters.rtpengine.bencode import Value
from ivr.adapters.rtpengine.orders import Orders, orders
from ivr.errors import PeerError
from ivr.ports.edge import CarriedCall

HOST = "127.0.0.1"
PING_SECONDS = 0.5
PING_MAX = 1 << 10
UNHEARD_SECONDS = 60
"""A call of which no packet comes, from either side, is forgotten after so long: its cell or the edge has died."""
HELD_SECONDS = 3600
"""The same while its media is on hold."""
UNANSWERED_SECONDS = 240
"""A call that nobody answered is forgotten after so long."""
MOST_CALLS = 100_000
"""Rtpengine lists 32 unless it is told how many: more than any has."""
IN_CLEAR = "RTP/AVP"
_ORIGIN = re.compile(r"^(?P<level>[A-Z]+): (?:\[[^\]]*\]: )?\[(?P<module>\w+)\]")


@dataclass(frozen=True, slots=True)
class RelaySide:
    """One of its interfaces."""

    name: str
    address: str
    advertised: str | None = None
    """What far ends are told to send to, where it is not the address: an address translation's outer side."""


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """What the relay is to be."""

    control_port: int
    """On loopback: UDP, by which Kamailio orders it about, and TCP, by which we ask what it carries."""
    sides: tuple[RelaySide, ...]
    ports: tuple[int, int]
    """First and last UDP port for media."""
    threads: int = 2


def command(program: str, config: RelayConfig) -> list[str]:
    """How it is started."""
    sides = [
        f"--interface={side.name}/{side.address}" + (f"!{side.advertised}" if side.advertised else "")
        for side in config.sides
    ]
    return [
        program,
        "--config-file=none",  # Debian's own is not ours
        "--foreground",
        "--log-stderr",
        "--no-log-timestamps",
        "--log-level=4",
        "--table=-1",  # no kernel module
        *sides,
        f"--listen-ng={HOST}:{config.control_port}",
        f"--listen-tcp-ng={HOST}:{config.control_port}",
        f"--port-min={config.ports[0]}",
        f"--port-max={config.ports[1]}",
        f"--num-threads={config.threads}",
        f"--timeout={UNHEARD_SECONDS}",
        f"--silent-timeout={HELD_SECONDS}",
        f"--offer-timeout={UNANSWERED_SECONDS}",
        "--delete-delay=0",
        "--dtls-signature=SHA-256",
        "--dtls-rsa-key-size=2048",
        "--dtls-ciphers=ECDHE+AESGCM:ECDHE+CHACHA20",
    ]


async def alive(control_port: int) -> bool:
    """Whether it takes orders. Asked each second, so not in a thread: handing over wakes more than the answer does."""
    loop, cookie = asyncio.get_running_loop(), _cookie()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.setblocking(False)
        try:
            async with asyncio.timeout(PING_SECONDS):
                await loop.sock_connect(here, (HOST, control_port))
                await loop.sock_sendall(here, cookie + b" d7:command4:pinge")
                return await loop.sock_recv(here, PING_MAX) == cookie + b" d6:result4:ponge"
        except OSError:  # TimeoutError is one
            return False


def calls(control: tuple[str, int]) -> frozenset[str]:
    """Calls of the relay that takes orders there, each by the MD5 of its Call-ID, in hexadecimal. Raises PeerError."""
    with orders(control) as relay:
        return frozenset(hashlib.md5(call_id, usedforsecurity=False).hexdigest() for call_id in _call_ids(relay))


def carried(control: tuple[str, int]) -> tuple[CarriedCall, ...]:
    """Calls that it carries, each with how its far end's side is transported. Raises PeerError."""
    found = []
    with orders(control) as relay:
        for call_id in _call_ids(relay):
            told = relay.give(b"d7:command5:query7:call-id%d:%se" % (len(call_id), call_id))
            ends = told.get(b"tags") if isinstance(told, dict) else None
            if isinstance(ends, dict):  # else the call ended meanwhile
                ways = [way for end in ends.values() for way in _transports(end) if way != IN_CLEAR]
                found.append(CarriedCall(call_id, tuple(ends), ways[0] if ways else IN_CLEAR))
    return tuple(found)


def _call_ids(relay: Orders) -> list[bytes]:
    told = relay.give(b"d7:command4:list5:limiti%dee" % MOST_CALLS)
    listed = told.get(b"calls") if isinstance(told, dict) else None
    if not isinstance(listed, list):
        raise PeerError("the media relay does not list its calls")
    return [call_id for call_id in listed if isinstance(call_id, bytes)]


def _transports(end: Value) -> list[str]:
    """How each stream of one end of a call is transported, such as RTP/SAVP."""
    medias = end.get(b"medias") if isinstance(end, dict) else None
    named = [one.get(b"protocol") for one in medias if isinstance(one, dict)] if isinstance(medias, list) else []
    return [name.decode("ascii", "replace") for name in named if isinstance(name, bytes)]


def _cookie() -> bytes:
    """What an answer is known by."""
    return os.urandom(4).hex().encode()


def origin(line: str) -> str:
    """Level and module of a line of its log; not its text, which may quote a caller's message."""
    found = _ORIGIN.search(line)
    return f"{found['level']} in {found['module']}" if found else "a line of no known form"
