"""How people judge calls: which call is read first, by which questions, and how well two reviewers agree.

Never here: who may, and what is kept. May import the rest of the core.
Imports of core: call, compliance, dialplan, queueing, access, speech, vault, audit, commands, events, orders, alarms,
codec, identity, leading, media, signs, sip, foreign, typed, sign_table, lot.
"""
