"""A TCP client on this machine may be connected to itself (RFC 9293 3.5, simultaneous open): nobody answered, then.

It happens when nothing listens at a port of the kernel's ephemeral range, and the client is given that same port as
its own. It would read what it writes, and keep the port from the program that ought to listen there.
"""

from __future__ import annotations

import socket


def refuse_itself(connected: socket.socket) -> socket.socket:
    """The socket, if somebody else is at its other end; else it is closed. Raises ConnectionRefusedError."""
    if connected.getsockname() != connected.getpeername():
        return connected
    connected.close()
    raise ConnectionRefusedError("nothing listens there")
