"""One file a step, in order. What was released is never changed.

Never here: anything else.
"""
