"""What a dialplan is: what it says, what runs it, what is proved of it.

Never here: what carries out an order.
Imports of core: speech, identity, vault, audit, commands, events, orders, media, signs, typed, sip, foreign,
sign_table.
"""
