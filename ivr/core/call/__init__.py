"""One call from INVITE to hanging up: phases, legs, record, journal, replay.

Never here: how a leg is dialled and a frame is sent.
Imports of core: dialplan, queueing, speech, identity, vault, audit, commands, events, orders, media, signs, typed,
sip, foreign, sign_table.
"""
