"""What two hosts of one engine say to each other, carried over TLS between a Unix socket here and one there.

Never here: what is said, and who is trusted: contexts and their judge are handed in.
Imports of engine: nothing.
"""
