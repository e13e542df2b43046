"""Words, figures, dates and choices: how they sound and what is meant by them; when somebody speaks.

Never here: a recognizer or a synthesizer.
Imports of core: commands, events, orders, media, signs, typed, sip, foreign, sign_table.
"""
