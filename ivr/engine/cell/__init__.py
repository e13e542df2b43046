"""The process of one conversation: media clock, legs, player, ear, recorder.

Never here: what the call should do: it asks the core.
Imports of engine: archive, bus, leading, publishing, notices, link.
"""
