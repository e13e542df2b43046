"""What runs a call through a dialplan: a step for each kind of state.

Never here: YAML, and the proof.
Imports of dialplan: model, states, parts, meaning, expression.
"""
