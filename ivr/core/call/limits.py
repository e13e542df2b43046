"""How long a call may stay in a phase, seconds."""

from __future__ import annotations

APOLOGY = 15.0
"""Seconds after which a call is refused even if the apology's end is never reported."""
EARLY_START = 10.0
"""Seconds for an early prompt to begin: a caller who holds the line from the first offer on hears none."""
EARLY = 150.0
"""Seconds for it to end; the edge gives an INVITE 180 s (RFC 3261 16.7, timer C)."""
ANSWER = 40.0
"""Seconds for the ACK of our 200 (RFC 3261 13.3.1.4: 64*T1 = 32 s)."""
RINGING = 30.0
"""Seconds that the phone of one whom we call back rings; then they did not answer."""
