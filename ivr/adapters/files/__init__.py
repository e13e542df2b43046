"""What is kept in plain files, by what they keep.

Never here: what may be removed and when (`core/vault`), and who asked for it.
"""
