"""Who looked at whom."""

from django.conf import settings
from django.db import models

from customers.models.people import Customer


class PersonalDataAccess(models.Model):
    """Somebody saw or took personal data; rows are only ever added (a trigger refuses the rest)."""

    class Action(models.TextChoices):
        """What was done with it."""

        VIEW = "view", "looked at the page"
        SHOW = "show", "showed the phone"
        EXPORT = "export", "took a list along"

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="who")
    action = models.CharField("what", max_length=8, choices=Action.choices)
    how_many = models.PositiveIntegerField("people", default=1)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="+", help_text="none for a list")
    subject = models.CharField("of", max_length=120, blank=True, help_text="which list it was, e.g. campaign:12")
    created_at = models.DateTimeField("when", auto_now_add=True)

    class Meta:
        verbose_name = "look at personal data"
        verbose_name_plural = "looks at personal data"
        constraints = [models.CheckConstraint(condition=models.Q(how_many__gte=1), name="personal_data_access_of_somebody")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject or self.customer_id}"
