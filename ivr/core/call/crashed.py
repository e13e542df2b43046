"""The record of a call whose cell died, as far as its steps tell: they are sealed as they happen, the record is not.

What is nowhere said stays unsaid: nobody is held to have hung up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ivr.core.audit.step import CallStep
from ivr.core.call.record import CallRecord, DisclosureEvidence, Voicemail
from ivr.errors import SealError

CRASHED = "crashed"


def told_by(record: CallRecord, steps: Iterable[CallStep]) -> CallRecord:
    """The record with all that the steps say. Raises SealError for a step that is not one of ours."""
    states, agents, transfers = [], list(record.agents), list(record.transfers)
    disclosures: list[DisclosureEvidence] = []
    voicemails: list[Voicemail] = []
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
                    changes["identity"] = told["level"]
                case "consent.noted":
                    changes["consent"] = told["consent"]
                case "agent.connected" if told["agent"] not in agents:
                    agents.append(told["agent"])
                case "transfer.connected" if told["destination"] not in transfers:
                    transfers.append(told["destination"])
                case "disclosure.acknowledged" | "disclosure.unacknowledged":
                    disclosures.append(DisclosureEvidence(**told))
                case "message.left":
                    voicemails.append(Voicemail(**told))
        except (KeyError, TypeError) as error:
            raise SealError("a step of a crashed call is not one of ours") from error
    return replace(
        record,
        states=tuple(states) or record.states,
        agents=tuple(agents),
        transfers=tuple(transfers),
        disclosures=tuple(disclosures) or record.disclosures,
        voicemails=tuple(voicemails) or record.voicemails,
        **changes,
    )
