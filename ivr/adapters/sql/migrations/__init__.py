"""How the database's tables came to be as they are (Alembic).

Never here: code that is not a step of the tables.
"""
