"""The peer of the import of lists: django-import-export into a plain table with the same columns.

No encryption, no consents, no undo, no second look at rows that meet somebody: less work than ours does.
"""
