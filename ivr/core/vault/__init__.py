"""The sealed formats, keys, retention and erasure.

Never here: where a recording is kept.
Imports of core: commands, events, orders, alarms, codec, identity, leading, media, signs, sip, foreign, typed,
sign_table, lot.
"""
