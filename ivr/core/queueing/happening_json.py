"""What a line says beside its names and times, as JSON and back."""

from __future__ import annotations

import json

from ivr.core.queueing.facts import AgentProfile
from ivr.core.queueing.happening import Happening
from ivr.core.queueing.waiting import Need
from ivr.errors import SealError


def details_of(one: Happening) -> str:
    """The need or the profile; empty: neither."""
    if one.need is not None:
        return json.dumps({"skills": dict(sorted(one.need.skills)), "only": one.need.only}, separators=(",", ":"))
    if one.profile is not None:
        whole = one.profile
        told = {
            "uri": whole.uri,
            "queues": whole.queues,
            "skills": dict(whole.skills),
            "tier": whole.tier,
            "weight": whole.weight,
        }
        return json.dumps(told, separators=(",", ":"))
    return ""


def need_of_details(text: str) -> Need:
    """Raises SealError when it is none."""
    try:
        told = json.loads(text)
        return Need(frozenset((str(name), int(level)) for name, level in told["skills"].items()), str(told["only"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SealError("the database's row of a queue was altered: it says no need") from error


def profile_of_details(name: str, text: str) -> AgentProfile:
    """Raises SealError when it is none."""
    try:
        told = json.loads(text)
        skills = {str(skill): int(level) for skill, level in told["skills"].items()}
        queues = tuple(str(queue) for queue in told["queues"])
        return AgentProfile(name, str(told["uri"]), queues, skills, int(told["tier"]), int(told["weight"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SealError(f"the database's row of agent {name} was altered: it says no profile") from error
