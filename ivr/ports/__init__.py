"""What the engine needs of the world, as Protocols: one file a capability.

An adapter implements exactly one of these, translates foreign errors into `ivr.errors` at its boundary, and takes no
decision. One that has a fake has one suite in tests/contract, which both pass. Audio is 8 kHz 16-bit little-endian mono
PCM everywhere (`ivr.core.media.frame`).

Never here: an implementation, and the name of a vendor.
Imports: core, durable, errors.
"""
