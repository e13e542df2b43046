"""What we read out of SIP texts: called numbers, dialogs, offers.

Never here: a transaction: pjsua2 and Kamailio have those.
Imports of core: typed, sign_table, lot.
"""
