"""The one process that knows all calls: queues, keys in hand, records, alarms, metrics.

Never here: a call's sound: calls go on without it.
Imports of engine: archive, bus, leading, publishing, notices, link.
"""
