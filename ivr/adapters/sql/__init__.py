"""The database: records of calls, callbacks, queues; SQLite or PostgreSQL.

Never here: a caller's data outside a sealed column.
"""
