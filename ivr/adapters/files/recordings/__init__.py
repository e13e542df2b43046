"""Recordings on disk: journals, long-term files and the key files beside them.

Never here: plaintext.
"""
