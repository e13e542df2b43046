"""Queues, agents, offers, callbacks and their figures.

Never here: how an agent's phone is rung.
Imports of core: speech, identity, vault, audit, commands, events, orders, media, signs, typed, sip, foreign,
sign_table.
"""
