"""Each process put together: the one place where adapters meet the engine.

Never here: a decision: it constructs.
"""
