"""Who lives in the demo: believable people, with every difficulty real lists have."""

from dataclasses import dataclass, field
from typing import Any

FIRST = ["Maria", "James", "Priya", "Wei", "Olivia", "Diego", "Hannah", "Marcus", "Aisha", "Tom", "Elena", "Noah", "Grace", "Sam", "Lucy"]
LAST = ["Garcia", "Miller", "Patel", "Chen", "Brown", "Ramirez", "Schultz", "Lee", "Khan", "Nguyen", "Rossi", "Cohen", "O'Neil"]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One record as a business would have it."""

    name: str
    phone: str = ""
    email: str = ""
    flags: dict[str, Any] = field(default_factory=dict)


def american_customers() -> list[DemoPerson]:
    """Return the customers of the auto detailer: 60 plain ones, then the difficult ones."""
    people = []
    for number in range(60):
        name = f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}"
        email = f"{name.lower().replace(' ', '.').replace(chr(39), '')}{number}@example.com" if number % 3 else ""
        area = ("512", "737", "210")[number % 3]
        people.append(DemoPerson(name, f"({area}) 555-01{number:02d}", email))
    return [
        *people,
        DemoPerson("Opted Out Olga", "512-555-0170", "olga@example.com", {"opted_out": True}),
        DemoPerson("No Texts Ned", "512-555-0171", "ned@example.com", {"sms_opt_out": True}),
        DemoPerson("Consent No Nora", "512-555-0172", "nora@example.com", {"sms_consent": False}),
        DemoPerson("Consent Yes Yara", "512-555-0173", "yara@example.com", {"sms_consent": True}),
        DemoPerson("WhatsApp Wanda", "512-555-0179", "wanda@example.com", {"whatsapp_consent": True}),
        DemoPerson("Not On WhatsApp Nia", "512-556-3003", "nia@example.com", {"whatsapp_consent": True}),
        DemoPerson("No WhatsApp Noor", "512-555-0180", "noor@example.com", {"whatsapp_consent": False}),
        DemoPerson("No Mail Nick", "512-555-0174", "nick@example.com", {"email_opt_out": True}),
        DemoPerson("Short Number Sue", "555-01", "sue@example.com"),
        DemoPerson("Vanity Vic", "1-800-DETAILS", ""),
        DemoPerson("Extension Eve", "512-555-0175 x12", "eve@example.com"),
        DemoPerson("Premium Paul", "+1 900 555 1234", ""),
        DemoPerson("Emoji Emma 🚗", "📱", "emma@example.com"),
        DemoPerson("Two Phones Tina", "512-555-0176", "tina@example.com"),
        DemoPerson("Tina (work)", "512-555-0177", "tina@example.com"),
        DemoPerson("Landline Larry", "+15005550009", ""),
        DemoPerson("Old Number Otto", "512-559-3005", "otto@example.com"),
        DemoPerson("Bouncing Bob", "512-555-0178", "bounce.bob@example.com"),
    ]


def indian_customers() -> list[DemoPerson]:
    """Return the customers of the salon in India."""
    names = ["Ananya Sharma", "Rohan Mehta", "Kavya Iyer", "Arjun Singh", "Diya Reddy", "Vihaan Gupta", "Isha Nair", "Kabir Das"]
    return [
        DemoPerson(
            name,
            f"98765{43210 + number}",
            f"{name.split()[0].lower()}@example.in" if number % 2 else "",
            {"whatsapp_consent": True, "gdpr_marketing_consent": True} if number < 6 else {},
        )
        for number, name in enumerate(names)
    ]


def google_voice_page(name: str, phone: str, lines: list[tuple[str, str, str]]) -> str:
    """Return a takeout file's text: `lines` are (ISO instant, "Me" or "them", text)."""
    messages = "".join(
        f'<div class="message"><abbr class="dt" title="{stamp}">{stamp}</abbr>:\n<cite class="sender vcard">'
        f'<a class="tel" href="tel:{phone if who == "them" else "+15125550100"}">'
        f'<{"span" if who == "them" else "abbr"} class="fn">{name if who == "them" else "Me"}</{"span" if who == "them" else "abbr"}></a>'
        f"</cite>:\n<q>{text}</q></div>"
        for stamp, who, text in lines
    )
    return f'<?xml version="1.0" ?><html><head><title>{name}</title></head><body><div class="hChatLog hfeed">{messages}</div></body></html>'
