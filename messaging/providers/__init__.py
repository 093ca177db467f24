"""Adapters to the providers; the only modules that touch the network."""
