"""The sealed formats, keys, retention and erasure.

Never here: where a recording is kept.
Imports of core: commands, events, orders, media, signs, typed, sip, foreign, sign_table.
"""
