"""Starts the processes, sees that they live, and starts them again.

Never here: what they do.
Imports of engine: archive, bus, leading, publishing, notices, link.
"""
