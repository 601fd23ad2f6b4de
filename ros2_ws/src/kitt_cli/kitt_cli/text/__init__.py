"""What `kitt train text` does."""
