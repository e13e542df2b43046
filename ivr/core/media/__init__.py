"""Frames of sound and signs on the line: G.711, tones, keys, reception, beep and music.

Never here: a socket, and when a frame is sent.
Imports of core: typed, sign_table, lot.
"""
