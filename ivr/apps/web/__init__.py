"""The web console: operations (pages and the API of the same things), what guards them, and how they look.

Never here: what a person may do and how it is done (the office), who they are (the door), and stores.
"""
