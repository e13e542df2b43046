"""Two machines of one line: one waits until it leads, and the one that leads shows that it lives.

Never here: when to take over and when to end (`ivr.core.leading`).
Imports of engine: nothing.
"""
