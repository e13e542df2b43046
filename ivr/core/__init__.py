"""All decisions, pure: facts in, orders out.

Never here: a socket, thread, file, clock, random number or telephone: time and chance are arguments.
Imports: durable, errors.
"""
