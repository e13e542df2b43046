"""Dialogs of cells that died are ended: nobody else will, and people would listen to nothing for a minute.

Rule: each is ended once, through the edge where there is one, else by ourselves. What a cell that died together with
the hub has left is ended by the next hub.
"""

from __future__ import annotations

import asyncio

from ivr.core.sip.dialog import Dialog, farewell
from ivr.engine.bus.calls import DialogsHeld
from ivr.engine.hub.config import HubPorts
from ivr.errors import PeerError

TRIES = 15
"""An edge that is started together with the hub takes orders within some seconds."""
RETRY_SECONDS = 1.0


class Farewells:
    """Says them."""

    def __init__(self, ports: HubPorts) -> None:
        self._ports = ports

    async def say(self, held: DialogsHeld, *, pid: int, tries: int = 1) -> None:
        """End all dialogs that this process had."""
        for words in held.dialogs:
            await self._end(held.call_id, Dialog.of(words), tries)
        if self._ports.kept_dialogs is not None:
            self._ports.kept_dialogs.forget(pid)

    async def say_to_the_left(self) -> None:
        """End what cells left that died while there was no hub."""
        kept = self._ports.kept_dialogs
        if kept is None:
            return
        for one in kept.left():
            self._ports.log("dialogs_were_left", {"call_id": one.held.call_id, "level": "warning"})
            try:
                await self.say(one.held, pid=one.pid, tries=TRIES)
            except PeerError:
                kept.forget(one.pid)

    async def _end(self, call_id: str, dialog: Dialog, tries: int) -> None:
        edge = self._ports.edge
        send = self._ports.send_bye if edge is None else edge.hang_up
        bye = farewell(dialog, edge=edge is not None)
        if bye is None or send is None:
            self._ports.log("farewell_not_possible", {"call_id": call_id, "level": "warning"})
            return
        for number in range(1, tries + 1):
            try:
                await asyncio.to_thread(send, bye)
            except PeerError as error:
                if number == tries:
                    self._ports.log("farewell_failed", {"call_id": call_id, "reason": str(error), "level": "error"})
                    return
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return
