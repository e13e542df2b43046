"""One call from INVITE to hanging up: phases, legs, record, journal, replay.

Never here: how a leg is dialled and a frame is sent.
Imports of core: compliance, dialplan, queueing, access, speech, vault, audit, commands, events, orders, alarms,
codec, identity, leading, media, signs, sip, foreign, typed, sign_table, lot.
"""
