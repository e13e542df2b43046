"""Key stores on disk: their files, counters, secrets and marks of a move."""
