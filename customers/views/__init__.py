"""The owner's pages about people."""
