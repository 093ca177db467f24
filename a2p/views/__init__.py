"""The owner's pages of the registration, at /settings/a2p/."""
