"""SIP and RTP of one conversation by pjsua2.

Never here: what a call does next; another thread than the cell's that touches pjsua2.
"""
