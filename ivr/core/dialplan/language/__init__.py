"""YAML to a sound dialplan, or located findings.

Never here: what runs it.
Imports of dialplan: model, states, parts, meaning, expression.
"""
