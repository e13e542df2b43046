"""Who calls, as the network says it: a trunk's word (RFC 3325) before the caller's own, and no number that is withheld.

From is what the caller's phone writes. P-Asserted-Identity is what the carrier knows, and counts only from a trunk; of
anybody else it is one more thing that a stranger wrote. Who asks for privacy has none of their numbers taken, whatever
stands in the message (RFC 3323): a bank that may see them all the same must not use them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ivr.core.sip.called import called_number
from ivr.core.sip.e164 import e164, e164_address
from ivr.core.sip.fields import bracketed_uris, field_uri, header_fields
from ivr.core.sip.passport import FAILED, LETTERS, Judge, attested_by
from ivr.core.sip.text import wire_text

ANONYMOUS: Final = "sip:anonymous@anonymous.invalid"
"""An address that names nobody (RFC 3323 4.1.1.3)."""
MOST_DIVERSIONS: Final = 10
"""Kept of one call: more are a loop."""
_PRIVATE: Final = frozenset({"id", "user"})
"""Values of Privacy that withhold who calls: RFC 3325 9.3, RFC 3323 4.2."""
_ATTESTATIONS: Final = ("attestation-info", "p-attestation-indicator")
"""Header fields that carry the letter: 3GPP TS 24.229 7.2.17, ATIS-1000082."""
_SCHEMES: Final = ("sip:", "sips:", "tel:")


@dataclass(frozen=True, slots=True)
class NetworkWord:
    """What stands behind a caller's address."""

    asserted: bool = False
    """Whether a trunk vouches for it."""
    withheld: bool = False
    """Whether the caller asked that it be not told; the address is then `ANONYMOUS`."""
    diverted: tuple[str, ...] = field(repr=False, default=())
    """Numbers that the call was first sent to, the one that was dialled first; of trunks only. Personal."""

    attested: str = ""
    """How surely the caller may use the number, by a carrier's signature or else by the trunk's word: A, B, C or failed
    (RFC 8588 4); empty: not said."""

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return self.asserted or self.withheld or bool(self.diverted) or bool(self.attested)


NOTHING_SAID: Final = NetworkWord()


@dataclass(frozen=True, slots=True)
class CallingParty:
    """A caller's address, and what the network says of it."""

    address: str = field(repr=False)
    """A SIP or tel URI, perhaps with a display name; personal."""
    network: NetworkWord = NOTHING_SAID


def calling_party(
    invite: str, said: str, *, from_trunk: bool, country: str = "", now: float = 0.0, judge: Judge | None = None
) -> CallingParty:
    """Of an INVITE as it came. `said`: the address of its From; `country`: whose numbering plan is read (`e164`).

    `judge`: by which signatures of carriers are judged at `now` (seconds since 1970); None: they are not read.
    """
    fields = header_fields(invite)
    diverted = tuple(dict.fromkeys(e164(one, country) for one in _diverted(fields))) if from_trunk else ()
    asserted = _asserted(fields.get("p-asserted-identity", [])) if from_trunk else ""
    attested = _attested(fields, asserted or said) if from_trunk else ""
    if from_trunk and judge is not None and (signed := fields.get("identity", [])):
        numbers = {
            called_number(invite.split(" ", 2)[1]),
            called_number(field_uri(fields.get("to", [""])[0])),
            *diverted,
        }
        caller = called_number(field_uri(asserted or said))
        proved = attested_by(signed, caller=caller, called=numbers, country=country, now=now, judge=judge)
        attested = proved or attested
    if _private(fields) or (not asserted and _nobody(said)):
        return CallingParty(ANONYMOUS, NetworkWord(withheld=True, diverted=diverted, attested=attested))
    address = e164_address(wire_text(asserted or said), country)
    return CallingParty(address, NetworkWord(asserted=bool(asserted), diverted=diverted, attested=attested))


def _attested(fields: dict[str, list[str]], address: str) -> str:
    """By the result that the trunk wrote beside the number, or the letter that it sends (3GPP TS 24.229 7.2A.20)."""
    result = address.lower().partition("verstat=")[2]
    if result.startswith("tn-validation-failed"):
        return FAILED
    letters = [letter for name in _ATTESTATIONS for letter in fields.get(name, [])]
    letter = next((one.strip().upper() for one in letters), result[:22].removeprefix("tn-validation-passed-").upper())
    return letter if letter in LETTERS else ""


def _asserted(values: list[str]) -> str:
    """The first identity (one by SIP and one by telephone number may stand there, RFC 3325 9.1)."""
    found = bracketed_uris(values) or tuple(map(field_uri, values))
    return next((uri for uri in found if uri.lower().startswith(_SCHEMES) and not _nobody(uri)), "")


def _private(fields: dict[str, list[str]]) -> bool:
    asked = {one.strip().lower() for value in fields.get("privacy", []) for one in value.split(";")}
    return not asked.isdisjoint(_PRIVATE)


def _nobody(address: str) -> bool:
    uri = field_uri(address).lower()
    user, at, host = uri.partition(":")[2].partition("@")
    return user == "anonymous" or (host if at else user).partition(";")[0] == "anonymous.invalid"


def _diverted(fields: dict[str, list[str]]) -> tuple[str, ...]:
    """By Diversion, the latest first (RFC 5806 3.2), else by History-Info, the oldest first (RFC 7044 5)."""
    latest_first = bracketed_uris(fields.get("diversion", []))
    if latest_first:
        return _numbers(tuple(reversed(latest_first)))
    # Its last entry is where the call was sent at last: to us.
    return _numbers(bracketed_uris(fields.get("history-info", []))[:-1])


def _numbers(uris: tuple[str, ...]) -> tuple[str, ...]:
    """Plainly, and each once; who asked for privacy on the way (RFC 7044 10.1) is left out."""
    shown = (called_number(uri.partition("?")[0]) for uri in uris if "privacy=" not in uri.lower())
    return tuple(dict.fromkeys(number for number in shown if number))[:MOST_DIVERSIONS]
