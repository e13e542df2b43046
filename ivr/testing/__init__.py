"""Fakes of the ports and robots that phone; they ship.

Never here: what a running engine needs.
Imports: ports, core, durable, errors.
"""
