"""The service of recognizers, synthesizers and embedders, and a cell's connection to it.

Never here: a model: adapters have those.
Imports of engine: archive, bus, leading, publishing, notices, link.
"""
