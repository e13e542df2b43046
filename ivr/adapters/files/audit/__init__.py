"""The audit log on disk: entries, their tree, and what is read back from them."""
