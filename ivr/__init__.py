"""A telephone engine for banks that can prove what it did."""

import os

__version__ = "0.1.0"

# Here, as numpy counts its threads while it is imported: whatever imports anything of the engine has this first.
# OpenBLAS's threads spin while they wait for each other: a voice then costs up to fifteen times as much, and on a busy
# machine it comes that much later. What runs at once is our own choice.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
