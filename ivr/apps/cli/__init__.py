"""The command line: words in, words out.

Never here: an act itself: what a command does is in the engine and the core.
"""
