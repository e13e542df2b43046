"""How the command line speaks with a running hub."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeVar

from ivr.apps.settings import Settings
from ivr.engine.bus.codec import LineBuffer, decode, encode
from ivr.engine.bus.messages import Message
from ivr.engine.bus.staff import AgentsChanged, AgentTaken, AgentTold, StatusReport, StatusWanted, WhyReport, WhyWanted
from ivr.engine.bus.stock import KeysRotated, StocksVoided
from ivr.errors import EnvironmentFault, PeerError

ANSWER_SECONDS = 5.0


Answer = TypeVar("Answer", bound=Message)


def status(settings: Settings) -> dict[str, object]:
    """What the engine does now. Raises EnvironmentFault when it does not run, PeerError when it does not answer."""
    return _ask(settings, StatusWanted(), StatusReport).report


def tell_agent(settings: Settings, told: AgentTold) -> str:
    """What an agent does from now on; returns their state, empty when there is no such agent. Raises as `status`."""
    return _ask(settings, told, AgentTaken).state


def why(settings: Settings, call_id: str) -> dict[str, Any]:
    """Why a call waits; empty when it does not. Raises as `status`."""
    return _ask(settings, WhyWanted(call_id), WhyReport).report


def _ask(settings: Settings, question: Message, answer: type[Answer]) -> Answer:
    with _connect(settings) as hub:
        hub.sendall(encode(question))
        lines = LineBuffer()
        while True:
            try:
                data = hub.recv(65536)
            except TimeoutError as error:
                raise PeerError("the hub does not answer; its log is in DATA_DIR/log") from error
            if not data:
                raise PeerError("the hub ended while it was asked")
            for line in lines.feed(data):
                message = decode(line)
                if isinstance(message, answer):
                    return message


def agents_changed(settings: Settings) -> None:
    """Tell a running hub at once; one that starts later reads the directory anyway."""
    with suppress(EnvironmentFault, OSError), _connect(settings) as hub:
        hub.sendall(encode(AgentsChanged()))


def void_stocks(settings: Settings, old: Sequence[str]) -> StocksVoided | None:
    """Have cells give up data keys that old keys wrapped, and tell what is left. None: no hub runs.

    Raises PeerError when there is one and it does not answer: then nothing is known of the cells.
    """
    try:
        hub = _connect(settings)
    except EnvironmentFault:
        return None
    with hub:
        try:
            hub.sendall(encode(KeysRotated(tuple(old))))
            lines = LineBuffer()
            while data := hub.recv(65536):
                for line in lines.feed(data):
                    message = decode(line)
                    if isinstance(message, StocksVoided):
                        return message
        except OSError as error:
            raise PeerError("the hub does not answer; its log is in DATA_DIR/log") from error
    raise PeerError("the hub ended while it was asked")


def _connect(settings: Settings) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(ANSWER_SECONDS)
    try:
        connection.connect(str(settings.hub_socket))
    except OSError as error:
        connection.close()
        raise EnvironmentFault(
            f"no engine runs on {settings.data_dir} ({error.strerror}): start it with `ivr serve`"
        ) from error
    return connection
