"""Measurements, printed and never asserted. As the engine, each on one thread of numpy's."""

import ivr  # noqa: F401  before numpy, which most of them import first
