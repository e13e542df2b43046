"""The programs: settings, the command line, and the wiring that puts adapters into the engine.

Never here: a rule of telephony, of sealing or of permission.
Imports: demo, engine, adapters, testing, ports, core, durable, errors.
"""
