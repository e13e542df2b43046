"""Dialplans on disk: what was published, and every version that served a call.

Never here: what a dialplan means.
"""
