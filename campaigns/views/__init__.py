"""The owner's campaign pages: what both kinds share, and each kind's own."""
