"""One root for every error we raise, branched by whose fault it is.

Each class carries `exit_code` for the command line. The message says what happened and what to do about it; it never
carries a caller's data.
"""

from __future__ import annotations

import math


class IvrError(Exception):
    """Anything this software raises on purpose."""

    exit_code = 1


class OperatorError(IvrError):
    """What the operator gave us is wrong: a setting, a file, an argument. They can mend it."""

    exit_code = 2


class NotSetUpError(OperatorError):
    """Who asks lacks what somebody else must set up first. Nothing that they sent is wrong; the message says who."""


class SettingsError(OperatorError):
    """A setting is missing, unknown or has no sense."""


class DialplanError(OperatorError):
    """A dialplan is not sound. `findings` are the located errors."""

    def __init__(self, message: str, findings: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class ScorecardError(OperatorError):
    """A scorecard is not sound. `findings` are the located errors."""

    def __init__(self, message: str, findings: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.findings = findings


class StaleError(OperatorError):
    """What was to be changed has been changed by somebody else meanwhile. `difference`: theirs and ours, as lines."""

    def __init__(self, message: str, difference: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.difference = difference


class ModelError(OperatorError):
    """A model or voice is missing, or is not the one that was pinned."""


class PeerError(IvrError):
    """The other side of a wire did something wrong: a SIP peer, a speech service, a data source."""

    exit_code = 3


class EnvironmentFault(IvrError):
    """The machine failed us: disk full, port taken, a program missing."""

    exit_code = 4


class SealError(IvrError):
    """Something could not be sealed, or what was sealed does not open: wrong key, tampering, truncation."""

    exit_code = 5


class ShreddedError(SealError):
    """It was shredded: its key was destroyed, and nothing opens it. What is left of it is no damage."""


class DeniedError(IvrError):
    """The one who asks may not."""

    exit_code = 6


class TooSoonError(DeniedError):
    """The one who asks failed too often, and waits."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: until it is judged again."""
        super().__init__(f"too many failures: try again in {math.ceil(seconds)} seconds")
        self.seconds = seconds


class BugError(IvrError):
    """A broken promise inside our own code. Never caught to go on."""

    exit_code = 70
