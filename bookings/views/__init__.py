"""Pages of the people who work here: who comes, what becomes of it, and what is changed for a customer who calls."""
