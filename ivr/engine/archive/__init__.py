"""A recording after its call: what is done with it while nobody waits.

Never here: a call that runs, or a file or database itself: those are handed in.
Imports of engine: nothing.
"""
