"""A process that appends audit entries until it is killed: python -m tests.integration.vault.audit_writer DIRECTORY.

It prints each index after it was acknowledged.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ivr.adapters.files.audit.log import AuditLog
from ivr.core.audit.entry import AuditEntry
from ivr.core.audit.note import Signer

SIGNER = Signer("ivr-audit-test", bytes(range(32)))


def entry(number: int) -> AuditEntry:
    """The one that is appended as the so-manieth."""
    return AuditEntry(1767312000.0 + number, "hub", "call.ended", f"call-{number}")


def main(directory: str) -> None:
    """Append in groups of three, publish after every fifth group."""
    log = AuditLog(Path(directory), SIGNER)
    group = 0
    while True:
        first = log.size
        placed = log.append([entry(number) for number in range(first, first + 3)])
        os.write(1, "".join(f"{index}\n" for index in placed).encode())
        group += 1
        if group % 5 == 0:
            log.publish()


if __name__ == "__main__":
    main(*sys.argv[1:])
