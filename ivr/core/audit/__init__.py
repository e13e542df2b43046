"""Entries of the audit log, their Merkle tree, receipts, roles and approvals.

Never here: where the log is kept.
Imports of core: commands, events, orders, media, signs, typed, sip, foreign, sign_table.
"""
