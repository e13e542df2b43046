"""Who a caller is: voiceprints, the verdict on a voice, attempts at proofs.

Never here: the model that makes a vector of a voice.
Imports of core: commands, events, orders, media, signs, typed, sip, foreign, sign_table.
"""
