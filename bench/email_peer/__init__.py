"""The peers of the email bench: one email after the other, and a queue in the database."""
