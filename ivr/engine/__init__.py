"""What carries out the core's orders: the processes, over ports only.

Never here: a vendor's name, and a rule of the dialplan.
Imports: ports, core, durable, errors.
"""
