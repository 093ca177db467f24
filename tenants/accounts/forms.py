"""The form for somebody of the team."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminPasswordWidget

from tenants.accounts.models import User


class MemberForm(forms.ModelForm):
    """Somebody of the team, with a first password; later a blank one keeps what they have."""

    new_password = forms.CharField(
        strip=False,
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html,
    )

    class Meta:
        model = User
        fields = ("email", "first_name", "last_name", "phone", "role", "is_active")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        if not self.instance.pk:
            self.fields["new_password"].required = True
            self.fields["new_password"].label = "Password"

    def clean_email(self) -> str:
        """Keep addresses in lower case, as people sign in with them."""
        return str(self.cleaned_data["email"]).strip().lower()

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        password = self.cleaned_data.get("new_password")
        if not password:
            return
        try:
            validate_password(password, self.instance)
        except ValidationError as error:
            self.add_error("new_password", error)

    def save(self, commit: bool = True) -> User:
        """Store the person; everybody of the team may sign in."""
        self.instance.is_staff = True
        if self.cleaned_data.get("new_password"):
            self.instance.set_password(self.cleaned_data["new_password"])
        return super().save(commit)
