"""Notices to systems outside, sent beside the calls and never in their way.

Never here: what a notice says and how it is signed (core), and how it travels (adapters).
Imports of engine: nothing.
"""
