"""The form for a person."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from customers.models import Customer
from customers.selectors import customer_by_phone
from servicepro.lib.phone_input import PhoneInput


class CustomerForm(forms.ModelForm):
    """A person; the phone there is stays out of the page, and is replaced by typing another."""

    new_phone = PhoneInput(
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text="Leave this blank to keep the phone there is.",
    )

    tags = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}), help_text="Separated by commas."
    )

    class Meta:
        model = Customer
        fields = (*("name", "email", "birthday", "notes", "tags", "time_zone", "source"),)

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        if not self.instance.pk and "new_phone" in self.fields:
            self.fields["new_phone"].label, self.fields["new_phone"].help_text = "Phone", ""
        self.initial["tags"] = ", ".join(self.instance.tags)

    def clean_tags(self) -> list[str]:
        """Return the words between the commas, each once."""
        return list(dict.fromkeys(word for part in self.cleaned_data["tags"].split(",") if (word := part.strip())))

    def clean_new_phone(self) -> str | None:
        """Refuse a number that another person has."""
        phone = self.cleaned_data["new_phone"]
        other = customer_by_phone(phone) if phone else None
        if other is not None and other.pk != self.instance.pk:
            raise forms.ValidationError(f"{other} has this number already.")
        return phone

    def clean_email(self) -> str | None:
        """Keep addresses in lower case, as they are compared."""
        return (self.cleaned_data["email"] or "").strip().lower() or None

    def save(self, commit: bool = True) -> Customer:
        """Store the person, with the new phone where one was typed."""
        if self.cleaned_data.get("new_phone"):
            self.instance.phone = self.cleaned_data["new_phone"]
        return super().save(commit)
