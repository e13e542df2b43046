"""Key stores on disk: their files, counters, secrets and marks of a move.

Never here: cryptography of our own: it is in `core/vault`.
"""
