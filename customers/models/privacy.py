"""What was erased, when and for whom; it outlives the person and says nothing about them."""

import uuid

from django.conf import settings
from django.db import models


class ErasureCertificate(models.Model):
    """Proof that a person was erased; rows are only ever added (a trigger refuses the rest).

    Its id is the surrogate that stands in the person's place in consent events and empty records.
    """

    class Reason(models.TextChoices):
        """Why; a choice, because a sentence could name the person."""

        ASKED = "asked", "The person asked for it"
        WITHDREW = "withdrew", "They withdrew their consent"
        NOT_NEEDED = "not_needed", "The data is no longer needed"
        UNLAWFUL = "unlawful", "The data should never have been kept"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    record_ids = models.JSONField(help_text="numbers of the emptied records, to erase them again after a backup was restored")
    erased = models.JSONField(help_text="holder → what → how many")
    kept = models.JSONField(help_text="holder → what → why")

    class Meta:
        indexes = [models.Index(fields=["-created_at"], name="erasure_recent")]

    def __str__(self) -> str:
        return f"Certificate {self.pk}"
