"""Keys in a hardware security module, by PKCS #11.

Never here: a key in the clear that the module should hold.
"""
