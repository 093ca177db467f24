"""The registry's provider."""
