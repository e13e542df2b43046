"""That no warning is skipped and no level is missing, whatever a caller does; or the story of one who does.

Never here: a shortcut for one dialplan: what is proved is the code that serves.
Imports of dialplan: runtime, language, model, states, parts, meaning, expression.
"""
