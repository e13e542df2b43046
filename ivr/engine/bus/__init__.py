"""What the processes tell each other, over one Unix socket: one file a subject, a question beside its answer.

Each message is one frozen class; on the wire it is a JSON object on a line, its class in `"is"` (`codec`). A message
that does not parse ends the connection (fail closed); a cell whose hub is gone serves on and reconnects (`cell_link`).

Never here: what a message makes the hub or a cell do.
Imports of engine: nothing.
"""
