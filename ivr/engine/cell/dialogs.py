"""The dialogs that a call holds, told to the hub: it knows how to end each, should this process die.

The hub keeps them sealed in a file, too: hub and cell may die together.
"""

from __future__ import annotations

from ivr.core.sip.dialog import Dialog
from ivr.engine.bus.calls import DialogsHeld
from ivr.engine.cell.config import Hub
from ivr.ports.telephony import LegDown, LegFact, LegUp


class Dialogs:
    """Those of one call, by leg."""

    def __init__(self, hub: Hub, call_id: str) -> None:
        self._hub, self._call_id = hub, call_id
        self._held: dict[int, Dialog] = {}

    def take(self, fact: LegFact) -> None:
        """A leg came up or ended."""
        match fact:
            case LegUp(leg=leg, dialog=dialog) if dialog is not None:
                self._held[leg] = dialog
            case LegDown(leg=leg) if leg in self._held:
                del self._held[leg]
            case _:
                return
        self._hub.send(DialogsHeld(self._call_id, tuple(dialog.words() for dialog in self._held.values())))
