"""AES-256-GCM for recordings by the OpenSSL that Python itself uses, called from C.

Never here: the format of a recording; a file; a key that outlives its recording.
"""
