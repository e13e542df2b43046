"""What is published and served: how a publication is made, goes live, is found again, and is read to answer calls.

Never here: who may publish (the office knows), settings, and a file's name.
Imports of engine: nothing.
"""
