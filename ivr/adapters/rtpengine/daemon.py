"""rtpengine as a process of ours: in user space, with no root and no kernel module, ordered about on loopback only."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from dataclasses import dataclass

from ivr.errors import PeerError

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 0.5
UNHEARD_SECONDS = 60
"""A call of which no packet comes, from either side, is forgotten after so long: its cell or the edge has died."""
HELD_SECONDS = 3600
"""The same while its media is on hold."""
UNANSWERED_SECONDS = 240
"""A call that nobody answered is forgotten after so long."""
MOST_CALLS = 10_000
ANSWER_MAX = 1 << 16
_LISTED = b"d5:callsl"
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
    """UDP, on loopback."""
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


def alive(control_port: int) -> bool:
    """Whether it takes orders."""
    try:
        return _asked(control_port, b"d7:command4:pinge") == b"d6:result4:ponge"
    except PeerError:
        return False


def calls(control_port: int) -> frozenset[str]:
    """Calls that it carries, each by the MD5 of its Call-ID, in hexadecimal. Raises PeerError."""
    listed = _asked(control_port, b"d7:command4:list5:limiti%dee" % MOST_CALLS)
    if not listed.startswith(_LISTED):
        raise PeerError("the media relay does not list its calls")
    found, rest = set(), listed[len(_LISTED) :]
    while not rest.startswith(b"e"):
        size, colon, rest = rest.partition(b":")
        if not (colon and size.isdigit() and int(size) <= len(rest)):
            raise PeerError("the media relay's list of calls ends in mid word")
        found.add(hashlib.md5(rest[: int(size)], usedforsecurity=False).hexdigest())
        rest = rest[int(size) :]
    return frozenset(found)


def _asked(control_port: int, order: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.settimeout(TIMEOUT_SECONDS)
        cookie = os.urandom(4).hex().encode()
        try:
            here.connect((HOST, control_port))
            here.send(cookie + b" " + order)
            said, _, answer = here.recv(ANSWER_MAX).partition(b" ")
        except OSError as error:
            raise PeerError(f"the media relay takes no orders: {error}") from error
        if said != cookie:
            raise PeerError("the media relay answered something else")
        return answer


def origin(line: str) -> str:
    """Level and module of a line of its log; not its text, which may quote a caller's message."""
    found = _ORIGIN.search(line)
    return f"{found['level']} in {found['module']}" if found else "a line of no known form"
