"""What became of a call in queues, as a person reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ivr.core.queueing.happening import Happening, What

CAME_FROM: Final = "from_queue"
AFTER_TOO_LONG: Final = "went_on"
SENTENCES: Final[Mapping[str, str]] = {
    What.CAME: "came into {queue}; it asked for {asked}",
    CAME_FROM: "came into {queue} from {reason}, after {length}; it asked for {asked}",
    What.REFUSED: "could not join {queue}: {reason}",
    What.RUNG: "{agent} was rung. Who was considered:",
    What.MISSED: "{agent}: {reason}",
    What.TAKEN: "{agent} took it after {length}",
    What.MOVED: "overflowed from {queue} into {reason} after {length}",
    What.GAVE_UP: "the caller gave up after {length}",
    What.WENT: "it went elsewhere after {length}: by a key, or by its dialplan",
    AFTER_TOO_LONG: "it waited too long, {length}, and was sent on by {reason}",
    What.MESSAGE: "a message of {length} was left for {queue}",
    What.HEARD: "somebody listened to what was left for {queue}",
}
"""Kind of line -> its sentence. What is not here is an agent's, and no call's."""
NOTHING_SPECIAL: Final = "nothing special"


def sentence(one: Happening, length: Callable[[float], str]) -> tuple[str, dict[str, str]]:
    """Of a line: the sentence, and what stands in it. `length` writes seconds."""
    name: str = one.what
    if one.what is What.CAME and one.reason:
        name = CAME_FROM
    elif one.what is What.WENT and one.reason:
        name = AFTER_TOO_LONG
    asked = ", ".join(f"{skill} {level}" for skill, level in sorted(one.need.skills)) if one.need else ""
    return SENTENCES.get(name, ""), {
        "queue": one.queue,
        "agent": one.agent,
        "reason": one.reason.replace("_", " ") if one.what is What.MISSED else one.reason,
        "length": length(one.seconds),
        "asked": asked or NOTHING_SPECIAL,
    }
