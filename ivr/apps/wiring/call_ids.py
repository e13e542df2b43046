"""Names of calls."""

from __future__ import annotations

import secrets
import time


def new_call_id() -> str:
    """Sortable by time, and not to be guessed: it names the recording and the receipt."""
    return f"{time.strftime('%H%M%S', time.gmtime())}-{secrets.token_hex(8)}"
