"""The audit log on disk: entries, their tree, and what is read back from them.

Never here: which acts make an entry.
"""
