"""The dialogue: what is said in it, and what the caller does in one call.

A menu by voice or key with two more chances after silence and after what is not understood; an answer that is not sure
is asked back; an order is asked for twice.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

MENU = "Say balance, order or good-bye."
CONFIRM = "Did you say it?"
STILL_THERE = "Are you still there?"
PARDON = "I did not understand."
BALANCE = "Your balance is ten euros."
REALLY = "Shall the order be placed? Press 1 for yes."
ORDERED = "It is placed."
GOODBYE = "Good-bye."

ATTEMPTS = 2
"""How often the menu is asked again, after silence and after what is not understood each."""
ACCEPT, ASK_BACK = 0.8, 0.5
"""Confidence of an answer: at least so much is taken, asked back."""

Act = tuple[str, str, float]
"""What happens: ended (the prompt), silent, pressed (key) or said (choice, confidence)."""

ENDED: Act = ("ended", "", 0.0)
ACTS: tuple[Act, ...] = (
    ENDED,
    ("silent", "", 0.0),
    ENDED,
    ("said", "balance", 0.95),
    ENDED,
    ENDED,
    ("said", "order", 0.6),
    ENDED,
    ("said", "yes", 0.9),
    ENDED,
    ("pressed", "1", 0.0),
    ENDED,
    ENDED,
    ("pressed", "9", 0.0),
    ENDED,
    ("said", "balance", 0.2),
    ENDED,
    ("pressed", "1", 0.0),
    ENDED,
    ENDED,
    ("pressed", "3", 0.0),
    ENDED,
)
WORDS = (
    MENU,
    *(STILL_THERE, MENU),
    *(BALANCE, MENU),
    *(CONFIRM, REALLY, ORDERED, MENU),
    *(PARDON, MENU),
    *(PARDON, MENU),
    *(BALANCE, MENU),
    GOODBYE,
)
"""What must have been said at the end."""


CallT = TypeVar("CallT")


class Machine(Protocol[CallT]):
    """The dialogue in one library."""

    name: str

    def begin(self) -> CallT:
        """A new call: the menu is being said."""
        ...

    def play(self, call: CallT) -> list[str]:
        """All of the acts, to the end of the call. Returns what was said."""
        ...
