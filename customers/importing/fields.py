"""What a column of a customer list can hold."""

from enum import StrEnum


class Field(StrEnum):
    """What a column can hold; EXTRA is kept with the person as it is."""

    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    PHONE = "phone"
    EMAIL = "email"
    SMS_CONSENT = "sms_consent"
    WHATSAPP_CONSENT = "whatsapp_consent"
    MARKETING_CONSENT = "marketing_consent"
    OPTED_OUT = "opted_out"
    CONSENT_DATE = "consent_date"
    CONSENT_SOURCE = "consent_source"
    BIRTHDAY = "birthday"
    NOTES = "notes"
    TAGS = "tags"
    EXTRA = "extra"


NAMES = frozenset({Field.NAME, Field.FIRST_NAME, Field.LAST_NAME})
CONSENTS = (Field.SMS_CONSENT, Field.WHATSAPP_CONSENT, Field.MARKETING_CONSENT)
# More than one column may hold these. Of consents the strictest counts.
SEVERAL = frozenset({Field.PHONE, Field.EMAIL, Field.OPTED_OUT, Field.NOTES, Field.TAGS, Field.EXTRA, *CONSENTS})
