"""Queues, agents, offers, callbacks and their figures.

Never here: how an agent's phone is rung.
Imports of core: speech, vault, audit, commands, events, orders, alarms, codec, identity, leading, media, signs, sip,
foreign, typed, sign_table, lot.
"""
