"""What the author of a dialplan works with: simulate it, test it, break it on purpose, compare it, draw it."""
