"""Entries of the audit log, their Merkle tree, receipts, roles and approvals.

Never here: where the log is kept.
Imports of core: commands, events, orders, alarms, codec, identity, leading, media, signs, sip, foreign, typed,
sign_table, lot.
"""
