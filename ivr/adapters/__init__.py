"""One vendor, library or kind of file each, behind a port.

Never here: a decision: what to do with an answer is the engine's, what it means is the core's.
Imports: ports, core, durable, errors.
"""
