"""The registration as its owner types it: who registers, and what is texted.

A draft may have gaps, so nothing is required here; what a reviewer would miss is said by the linter.
"""

from typing import Any

from django import forms
from django.http import QueryDict

from a2p.types import BrandFacts, CampaignFacts, UseCase
from a2p.wording import LABELS, USE_CASES
from servicepro.lib.phone import Phone, parse_phone

SAMPLES_SHOWN = 5  # as many as the provider takes
COMPANY_TYPES = (
    ("private", "A company", "an LLC, a corporation, a partnership; with a tax number (EIN)"),
    ("sole_proprietor", "Just me, without an EIN", "a sole proprietor: you register as a person"),
    ("non-profit", "A non-profit", "registered as one with the tax office"),
    ("public", "A listed company", "its shares are traded at a stock exchange"),
    ("government", "A public authority", "a city, a school, an agency"),
)
# Spelt as the provider spells them: https://www.twilio.com/docs/messaging/compliance/a2p-10dlc/collect-business-info
BUSINESS_TYPES = (
    ("Limited Liability Corporation", "Limited liability company (LLC)"),
    ("Corporation", "Corporation (Inc.)"),
    ("Partnership", "Partnership"),
    ("Co-operative", "Co-operative"),
    ("Non-profit Corporation", "Non-profit corporation"),
)
REGISTRATION_TYPES = ("EIN", "DUNS", "CBN", "CN", "ACN", "CIN", "VAT", "VATRN", "RN", "Other")
INDUSTRIES = (
    "AUTOMOTIVE", "CONSUMER", "PROFESSIONAL_SERVICES", "RETAIL", "HEALTHCARE", "HOSPITALITY", "FOOD_AND_BEVERAGE", "AGRICULTURE", "BANKING",
    "CONSTRUCTION", "EDUCATION", "ELECTRONICS", "ENERGY", "ENGINEERING", "FAST_MOVING_CONSUMER_GOODS", "FINANCIAL", "FINTECH", "GOVERNMENT",
    "INSURANCE", "JEWELRY", "LEGAL", "MANUFACTURING", "MEDIA", "NOT_FOR_PROFIT", "OIL_AND_GAS", "ONLINE", "RAW_MATERIALS", "REAL_ESTATE",
    "RELIGION", "TECHNOLOGY", "TELECOMMUNICATIONS", "TRANSPORTATION", "TRAVEL",
)  # fmt: skip
POSITIONS = ("CEO", "CFO", "Director", "GM", "General Counsel", "VP", "Other")
COUNTRIES = (("US", "United States"), ("CA", "Canada"), ("GB", "United Kingdom"), ("IN", "India"), ("AU", "Australia"))
_NOT_CHOSEN = ("", "Choose…")
# Of a person who registers without a company, nobody asks these.
NOT_OF_PERSONS = ("business_type", "registration_number", "stock_exchange", "stock_ticker")


class SeveralTexts(forms.Widget):
    """Texts in fields of one name, in their order."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Return what stands in each of them."""
        return data.getlist(name) if isinstance(data, QueryDict) else list(data.get(name, ()))


class Samples(forms.Field):
    """Sample texts, each in its place; empty places after the last text are no samples."""

    widget = SeveralTexts

    def to_python(self, value: Any) -> list[str]:
        """Return the texts."""
        texts = [text.strip() for text in value or ()]
        while texts and not texts[-1]:
            texts.pop()
        return texts


class Words(forms.CharField):
    """Single words, with commas or spaces between them."""

    def to_python(self, value: Any) -> Any:
        """Return the words."""
        return str(value or "").replace(",", " ").split()

    def prepare_value(self, value: Any) -> Any:
        """Return the words as they are typed."""
        return ", ".join(value) if isinstance(value, list | tuple) else value


def _line(**named: Any) -> forms.CharField:
    return forms.CharField(required=False, widget=forms.TextInput(attrs={"autocomplete": named.pop("autocomplete", "off")}), **named)


def _lines(rows: int, **named: Any) -> forms.CharField:
    return forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": rows}), **named)


def _choice(choices: Any, **named: Any) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, choices=choices, **named)


def _in_words(code: str) -> str:
    return code.replace("_", " ").capitalize()


class RegistrationForm(forms.Form):
    """What both forms share: labels from one place, ids that are the fields' names, and findings that describe a field."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **{"auto_id": "%s", **named})
        for name, field in self.fields.items():
            field.label = LABELS[name]
            field.widget.attrs |= {"aria-describedby": f"{name}-wrong {name}-findings"}

    def typed(self) -> dict[str, Any]:
        """Return what was typed and can be read, as the service takes it."""
        self.is_valid()
        return {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}


class BrandForm(RegistrationForm):
    """Who registers."""

    company_type = _choice([(value, label) for value, label, _about in COMPANY_TYPES])
    legal_name = _line(help_text="exactly as the tax office writes it, on its letter CP 575 or 147C", autocomplete="organization")
    display_name = _line(help_text="where it is another one")
    business_type = _choice([_NOT_CHOSEN, *BUSINESS_TYPES])
    registration_type = _choice([(kind, kind) for kind in REGISTRATION_TYPES], help_text="EIN in the US")
    registration_number = _line(help_text="the EIN, for example 12-3456789")
    industry = _choice([_NOT_CHOSEN, *((code, _in_words(code)) for code in INDUSTRIES)])
    website = _line(help_text="reviewers open it", autocomplete="url")
    stock_exchange = _line(help_text="for example NASDAQ")
    stock_ticker = _line()
    street = _line(autocomplete="street-address")
    city = _line(autocomplete="address-level2")
    region = _line(help_text="two letters, for example TX", autocomplete="address-level1")
    postal_code = _line(autocomplete="postal-code")
    country = _choice(COUNTRIES)
    contact_first_name = _line(autocomplete="given-name")
    contact_last_name = _line(autocomplete="family-name")
    contact_email = _line(help_text="best at the domain of your website", autocomplete="email")
    contact_phone = _line(autocomplete="tel")
    contact_title = _line(help_text="for example Owner", autocomplete="organization-title")
    contact_position = _choice([_NOT_CHOSEN, *((position, position) for position in POSITIONS)])

    def typed(self) -> dict[str, Any]:
        """Return what was typed; of a person, without what only companies have."""
        values = super().typed()
        if values.get("company_type") == "sole_proprietor":
            values |= dict.fromkeys(NOT_OF_PERSONS, "")
        return values

    def facts(self) -> BrandFacts:
        """Return what was typed as the linter reads it."""
        values = self.typed()
        phone = parse_phone(values.get("contact_phone"), values.get("country") or "US")
        return BrandFacts(**(values | {"contact_phone": phone.e164} if isinstance(phone, Phone) else values))


class CampaignForm(RegistrationForm):
    """What is texted, and how people agreed to it."""

    use_case = _choice([])
    description = _lines(5, help_text="who you are, whom you write to, what you write and what makes you write it; 40 to 4,096 characters")
    message_flow = _lines(
        7, help_text="where they agree, what they read there, that the box is empty before; with a link; 40 to 2,048 characters"
    )
    samples = Samples(required=False, help_text="two to five texts as you will send them; what changes goes in [brackets]")
    has_embedded_links = forms.BooleanField(required=False)
    has_embedded_phone = forms.BooleanField(required=False)
    privacy_url = _line(help_text="the address of the page on your website")
    terms_url = _line(help_text="the address of the page on your website")
    opt_in_message = _lines(3, help_text="what people get when they agreed; up to 320 characters")
    opt_out_message = _lines(2, help_text="up to 320 characters")
    help_message = _lines(2, help_text="who you are and how to reach you; up to 320 characters")
    opt_in_keywords = Words(required=False, help_text="if people can begin by texting a word, for example START")
    opt_out_keywords = Words(required=False, help_text="empty: STOP and the usual ones")
    help_keywords = Words(required=False, help_text="empty: HELP and INFO")
    is_age_gated = forms.BooleanField(required=False)
    is_direct_lending = forms.BooleanField(required=False)

    def __init__(self, *arguments: Any, is_person: bool, **named: Any) -> None:
        super().__init__(*arguments, **named)
        cases = [case for case in UseCase if (case == UseCase.SOLE_PROPRIETOR) == is_person]
        field = self.fields["use_case"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*([] if is_person else [_NOT_CHOSEN]), *((str(case), USE_CASES[case]) for case in cases)]

    def places(self) -> list[str]:
        """Return what stands in each place for a sample."""
        shown = [str(text) for text in self["samples"].value() or ()][:SAMPLES_SHOWN]
        return shown + [""] * (SAMPLES_SHOWN - len(shown))

    def facts(self) -> CampaignFacts:
        """Return what was typed as the linter reads it."""
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in self.typed().items()}
        return CampaignFacts(**values)
