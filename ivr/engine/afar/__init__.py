"""What a host does for the hub of another one besides carrying calls: fetches what is served, sends journals.

Never here: keys. What is sent is sealed, and what is fetched is known by its hash.
Imports of engine: archive, bus, leading, publishing, notices, link.
"""
