"""The media relay: how rtpengine is started, and its control socket ("ng": bencoded, in datagrams or by TCP).

Never here: whose media is relayed.
"""
