"""How the supervisor sees that a child is ready."""

from __future__ import annotations

import asyncio
from pathlib import Path


async def at_once() -> bool:
    """Of a process that serves nobody: it is ready when it runs."""
    return True


async def listens(path: Path) -> bool:
    """Of one that serves a Unix socket."""
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.close()
    return True


async def listens_tcp(port: int, address: str = "127.0.0.1") -> bool:
    """Of one that serves a port, of loopback mostly."""
    try:
        _, writer = await asyncio.open_connection(address, port)
    except OSError:
        return False
    writer.close()
    return True
