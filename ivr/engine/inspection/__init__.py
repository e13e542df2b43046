"""Calls read after they ended: what was said in them, and what rules find in it. At the lowest priority there is.

Never here: a call that runs, a rule (core), or a recognizer itself: those are handed in.
Imports of engine: archive, bus, leading, publishing, notices, link.
"""
