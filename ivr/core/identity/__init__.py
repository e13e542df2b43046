"""Who a caller is: the identity of a call, voiceprints, the verdict on a voice, attempts at proofs.

Never here: the model that makes a vector of a voice.
Imports of core: typed, sign_table, lot.
"""
