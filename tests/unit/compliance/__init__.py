"""Rules over what was said, and figures held to their source."""
