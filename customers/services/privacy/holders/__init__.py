"""What this app itself holds about people, a module a subject."""
