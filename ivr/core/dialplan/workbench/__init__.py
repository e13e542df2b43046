"""What the author of a dialplan works with: simulate it, test it, break it on purpose, compare it, draw it.

Never here: what serves a caller.
Imports of dialplan: proof, runtime, language, model, states, parts, meaning, expression.
"""
