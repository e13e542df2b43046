"""What people do, however they ask (command line, console): each act with its permission, actor, reason and entry.

Never here: a terminal or a browser, how somebody proved who they are, and what the engine does by itself.
Imports of engine: afar, cell, hub, inspection, speech, supervisor, archive, bus, leading, publishing, notices, link.
"""
