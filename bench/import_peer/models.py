"""The table of the peer: the same columns, in the clear."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class PlainCustomer(models.Model):
    """Somebody, as the list says it."""

    name = models.CharField(max_length=255)
    phone = models.CharField(max_length=16, unique=True)
    email = models.EmailField(blank=True, db_index=True)
    sms_consent = models.BooleanField(null=True)
    birthday = models.DateField(null=True)
    notes = models.TextField(blank=True)
    tags = ArrayField(models.TextField(), default=list)
    visits = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name
