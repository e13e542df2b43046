"""A recording after its call."""
