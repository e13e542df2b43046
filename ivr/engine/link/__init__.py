"""What two hosts of one engine say to each other, carried over TLS: between Unix sockets, or as datagrams of loopback.

Never here: what is said, and who is trusted: contexts and their judge are handed in.
Imports of engine: nothing.
"""
