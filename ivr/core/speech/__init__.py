"""Words, figures, dates and choices: how they sound and what is meant by them; when somebody speaks.

Never here: a recognizer or a synthesizer.
Imports of core: commands, events, orders, alarms, codec, identity, leading, media, signs, sip, foreign, typed,
sign_table, lot.
"""
