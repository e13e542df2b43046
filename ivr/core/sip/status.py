"""SIP statuses that we choose (RFC 3261 21)."""

from __future__ import annotations

NOT_ACCEPTABLE_HERE = 488
"""SIP status for a caller whose media cannot serve (RFC 3261 21.4.26)."""
SERVICE_UNAVAILABLE = 503
"""SIP status of a refused call (RFC 3261 21.5.4)."""
