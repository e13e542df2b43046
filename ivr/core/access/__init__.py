"""Who comes in by the console: users and their proofs, sessions, invitations, machines' tokens, waits after failures.

Never here: where they are kept, and a page.
Imports of core: speech, vault, audit, commands, events, orders, alarms, codec, identity, leading, media, signs, sip,
foreign, typed, sign_table, lot.
"""
