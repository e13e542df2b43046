"""Sends INVITEs of calls that nobody makes, as fast as it is told, from one address: a process of its own, so that the
test's robots have time of theirs.

    python -m tests.integration.flooder FROM HOST PORT A_SECOND SECONDS

Prints how many it sent.
"""

from __future__ import annotations

import socket
import sys
import time

from ivr.testing.hostile_sip import SDP_BODY, Draft

TICK_SECONDS = 0.01
MARK = b"f1oodmark"


def main() -> None:
    """Until its time is over."""
    source, host, port, rate, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind((source, 0))
        draft = Draft(
            "bank", source, here.getsockname()[1], method="INVITE", branch=f"z9hG4bK{MARK.decode()}",
            call_id=MARK.decode(), added=("Content-Type: application/sdp",), body=SDP_BODY,
        )  # fmt: skip
        text, sent, began = bytes(draft), 0, time.monotonic()
        while (gone := time.monotonic() - began) < seconds:
            while sent < gone * rate:
                here.sendto(text.replace(MARK, b"%09d" % sent), (host, port))
                sent += 1
            time.sleep(TICK_SECONDS)
    sys.stdout.write(f"{sent}\n")


if __name__ == "__main__":
    main()
