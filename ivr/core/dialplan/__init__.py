"""What a dialplan is: what it says, what runs it, what is proved of it.

Never here: what carries out an order.
Imports of core: speech, vault, audit, commands, events, orders, alarms, codec, identity, leading, media, signs, sip,
foreign, typed, sign_table, lot.
"""
