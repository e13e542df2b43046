"""The door of the console: who comes in, by what proof, for how long; each coming, failing and leaving is entered.

Never here: what somebody may do once they are in (that is the office's), and a page.
Imports of engine: office, afar, cell, hub, inspection, speech, supervisor, archive, bus, leading, publishing,
notices, link.
"""
