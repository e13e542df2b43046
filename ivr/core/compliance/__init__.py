"""Rules over what was said in a call, and figures held to their official source.

Never here: sound. What is judged are words and times, so nothing can take a voice for a mood.
Imports of core: dialplan, queueing, access, speech, vault, audit, commands, events, orders, alarms, codec, identity,
leading, media, signs, sip, foreign, typed, sign_table, lot.
"""
