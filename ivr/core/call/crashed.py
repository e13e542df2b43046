"""The record of a call whose cell died, as far as its steps tell: they are sealed as they happen, the record is not.

What is nowhere said stays unsaid: nobody is held to have hung up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ivr.core.audit.step import CallStep
from ivr.core.call.record import CallRecord
from ivr.core.codec import Codec
from ivr.core.identity.level import Level
from ivr.core.orders.evidence import Alerted, Consent, DisclosureHeard, FigureWithheld, MessageLeft, Rated
from ivr.errors import SealError

_DISCLOSURE, _MESSAGE = Codec(DisclosureHeard, exact=True), Codec(MessageLeft, exact=True)
_RATED, _ALERTED = Codec(Rated, exact=True), Codec(Alerted, exact=True)
_WITHHELD = Codec(FigureWithheld, exact=True)


def told_by(record: CallRecord, steps: Iterable[CallStep]) -> CallRecord:
    """The record with all that the steps say. Raises SealError for a step that is not one of ours."""
    states, agents, transfers = [], list(record.agents), list(record.transfers)
    disclosures: list[DisclosureHeard] = []
    alerts: list[Alerted] = []
    voicemails: list[MessageLeft] = []
    ratings: dict[str, Rated] = {}
    withheld: list[FigureWithheld] = []
    changes: dict[str, Any] = {}
    for step in steps:
        told: Mapping[str, Any] = step.details
        try:
            match step.action:
                case "state.entered":
                    states.append(told["state"])
                case "language.chosen":
                    changes["language"] = told["language"]
                case "identity.reached":
                    changes["identity"] = Level(told["level"])
                case "consent.noted":
                    changes["consent"] = Consent(told["consent"])
                case "agent.connected" if told["agent"] not in agents:
                    agents.append(told["agent"])
                case "transfer.connected" if told["destination"] not in transfers:
                    transfers.append(told["destination"])
                case "disclosure.acknowledged" | "disclosure.unacknowledged" | "disclosure.heard":
                    disclosures.append(_DISCLOSURE.read(told))
                case "rule.found":
                    alerts.append(_ALERTED.read(told))
                case "figure.withheld":
                    withheld.append(_WITHHELD.read(told))
                case "message.left":
                    voicemails.append(_MESSAGE.read(told))
                case "satisfaction.asked" | "satisfaction.answered":
                    rated = _RATED.read(told)
                    if rated.answer is not None or rated.question not in ratings:
                        ratings[rated.question] = rated
        except (KeyError, TypeError, ValueError) as error:
            raise SealError("a step of a crashed call is not one of ours") from error
    return replace(
        record,
        states=tuple(states) or record.states,
        agents=tuple(agents),
        transfers=tuple(transfers),
        disclosures=tuple(disclosures) or record.disclosures,
        alerts=tuple(alerts) or record.alerts,
        voicemails=tuple(voicemails) or record.voicemails,
        ratings=tuple(ratings.values()) or record.ratings,
        withheld=tuple(withheld) or record.withheld,
        **changes,
    )
