"""What a call orders of its cell, and what the cell answers: one file a capability, an order beside its answers.

Orders are in the imperative (`PlayPrompt`), facts in the past tense (`PromptEnded`). Every order that is answered later
carries an id, and its answer names the same id: an answer to an order that is no longer wanted is recognized and
dropped. Positions are sample indices on the call's own 8 kHz time line, which begins at 0 with the caller's first frame
after the answer.

Never here: who gives an order, and how one is carried out.
Imports of core: alarms, codec, identity, leading, media, signs, sip, foreign, typed, sign_table, lot.
"""
