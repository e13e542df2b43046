"""Checking a receipt, for whoever has one: no sign-in, no session, and nothing is told but what the receipt says.

Rule: it answers for a receipt as `ivr receipt verify` does, by the bank's public key alone: nothing of ours is looked
up. Of a short code it says whether it is right. A wrong one is answered alike, whichever entries or calls there are.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel, Field

from ivr.apps import verify_receipt
from ivr.apps.web.operation import PUBLIC, operation
from ivr.apps.web.visit import Visit
from ivr.core.access.pace import Pace, Paced
from ivr.core.media.frame import SAMPLE_RATE
from ivr.engine.office import receipts
from ivr.engine.office.audit import Plain, key
from ivr.errors import TooSoonError

EACH: Final = Pace(burst=10, seconds=6.0)
"""For one address: guessing one code of 40 bits takes it some hundred thousand years."""
TOGETHER: Final = Pace(burst=100, seconds=0.05)
TOO_SOON_STATUS: Final = 429


class ToCheck(BaseModel):
    """A receipt, or its short code."""

    receipt: str = Field(default="", max_length=2 * verify_receipt.MAX_BYTES, repr=False)
    code: str = Field(default="", max_length=64, repr=False)


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning, as the receipt says that it was heard."""

    name: str
    language: str
    begins: float
    """Seconds from the answer."""
    ends: float
    acknowledged_by: str
    answer: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What a genuine receipt says."""

    call: str
    began: float
    """Seconds since the epoch, as the two below."""
    ended: float | None
    sealed: float
    seconds: float
    recording: str
    sha256: str
    dialplan: str
    dialplan_sha256: str
    certificate: str
    outcome: str
    identity: str
    consent: str
    warnings: tuple[Warned, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """The page, before and after something was checked."""

    genuine: bool | None = None
    """None: nothing was."""
    why: str = ""
    """Why not."""
    by_code: bool = False
    stated: Stated | None = field(default=None, repr=False)


@dataclass(slots=True)
class Desk:
    """What one process remembers of who asked."""

    paced: Paced = field(default_factory=lambda: Paced(EACH, TOGETHER))
    lock: threading.Lock = field(default_factory=threading.Lock)


@operation("GET", "/check", scope=PUBLIC, page="check.html", api=False)
def check(visit: Visit) -> Checked:
    """Where a receipt is checked."""
    return Checked()


@operation("POST", "/check", scope=PUBLIC, page="check.html", api=False)
def check_receipt(visit: Visit, asked: ToCheck) -> Checked:
    """Check a receipt, or its short code."""
    desk: Desk = visit.console.state.setdefault("check", Desk())
    try:
        with desk.lock:
            desk.paced.ask(visit.address, now=time.monotonic())
    except TooSoonError as error:
        visit.status = TOO_SOON_STATUS
        return Checked(why=str(error))
    if asked.code.strip() and not asked.receipt.strip():
        return _code(visit, asked.code)
    return _receipt(visit, asked.receipt)


def _code(visit: Visit, code: str) -> Checked:
    if receipts.check(visit.public_office, receipts.ResolveCode(code)):
        return Checked(genuine=True, by_code=True)
    return Checked(genuine=False, by_code=True)


def _receipt(visit: Visit, text: str) -> Checked:
    trusted = str(key(visit.public_office, Plain()))
    # A browser sends a form's lines with CR LF (HTML 4.10.21.8), and people paste without the last line's end.
    text = text.replace("\r\n", "\n").strip("\n") + "\n"
    try:
        return Checked(genuine=True, stated=_stated(verify_receipt.check(text, trusted)))
    except verify_receipt.NotGenuine as error:
        return Checked(genuine=False, why=str(error))


def _stated(checked: dict[str, Any]) -> Stated:
    """What `verify_receipt.check` found to hold, which it could describe in full."""
    said = checked["statement"]
    return Stated(
        said["call_id"], said["started_at"], said["ended_at"], checked["sealed_at"], said["samples"] / SAMPLE_RATE,
        said["recording_id"], checked["sha256"], said["dialplan"], said["dialplan_sha256"],
        said.get("certificate") or "", said["outcome"], said["identity"], said.get("consent", "unasked"),
        tuple(
            Warned(
                one["disclosure"], one["language"], one["first_sample"] / SAMPLE_RATE, one["last_sample"] / SAMPLE_RATE,
                one["acknowledged_by"], one["answer"],
            )
            for one in said["disclosures"]
        ),
    )  # fmt: skip
