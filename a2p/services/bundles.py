"""The two bundles of papers a brand is made of: the business's profile and its A2P profile."""

from collections.abc import Callable, Iterable

from django.conf import settings

from a2p.providers.results import Bundle, NotSetUp, Problem
from a2p.services.attempts import DONE
from a2p.services.outcomes import ReviewRefused
from a2p.services.work import Thing, Work, ensure, name_of, platform_email
from a2p.types import BrandFacts
from servicepro.lib.phone import e164_or_none

DRAFT, REJECTED = "draft", "twilio-rejected"
REGIONS_OF_OPERATION = "USA_AND_CANADA"
_INDUSTRY, _POSITION = "PROFESSIONAL_SERVICES", "Other"  # where the owner chose none


def ensure_bundles(work: Work) -> None:
    """Make, fill and hand in both bundles. Raises ReviewRefused where one is incomplete or was refused."""
    registry, brand = work.registry, work.brand
    profile = _ensure_profile(work)
    brand.profile_status = _hand_in(work, "profile-review", profile, (registry.profile, registry.evaluate_profile, registry.submit_profile))
    brand.save(update_fields=["profile_status", "updated_at"])
    trust_product = _ensure_trust_product(work, profile)
    calls = (registry.trust_product, registry.evaluate_trust_product, registry.submit_trust_product)
    brand.trust_product_status = _hand_in(work, "trust-product-review", trust_product, calls)
    brand.save(update_fields=["trust_product_status", "updated_at"])


def refuse_rejected_bundles(work: Work) -> None:
    """Look at both bundles once more before a brand is made of them: a quick check may have refused one. Raises ReviewRefused."""
    brand, registry = work.brand, work.registry
    work.enter("bundles")
    for bundle in (registry.profile(brand.customer_profile_sid), registry.trust_product(brand.trust_product_sid)):
        if bundle.status == REJECTED:
            raise ReviewRefused(bundle.problems, on_brand=True)


def _ensure_profile(work: Work) -> str:
    registry, brand, who = work.registry, work.brand, work.who
    if not settings.TWILIO_PRIMARY_PROFILE_SID:
        raise NotSetUp("no primary profile")  # without it everything is made, and refused days later
    name = name_of("profile")
    profile = ensure(
        work,
        Thing(
            "profile",
            brand,
            "customer_profile_sid",
            lambda: registry.profile_named(name),
            lambda: registry.create_profile(name, platform_email()),
        ),
    )
    parts = [
        _end_user(work, "business", "business_sid", "customer_profile_business_information", _business(who)),
        _end_user(work, "representative", "representative_sid", "authorized_representative_1", _representative(who)),
        _document(work, _address(work)),
    ]
    parts.append(settings.TWILIO_PRIMARY_PROFILE_SID)
    if work.enter("profile-parts"):
        _assign(work, profile, parts, (registry.assigned_to_profile, registry.assign_to_profile))
    return profile


def _ensure_trust_product(work: Work, profile: str) -> str:
    registry, brand = work.registry, work.brand
    name = name_of("a2p-profile")
    trust_product = ensure(
        work,
        Thing(
            "trust-product",
            brand,
            "trust_product_sid",
            lambda: registry.trust_product_named(name),
            lambda: registry.create_trust_product(name, platform_email()),
        ),
    )
    product = _end_user(work, "product", "product_sid", "us_a2p_messaging_profile_information", _product(work.who))
    if work.enter("trust-product-parts"):
        _assign(work, trust_product, [product, profile], (registry.assigned_to_trust_product, registry.assign_to_trust_product))
    return trust_product


def _end_user(work: Work, step: str, column: str, kind: str, attributes: dict[str, str]) -> str:
    registry, name = work.registry, name_of(step)
    return ensure(
        work,
        Thing(
            step,
            work.brand,
            column,
            lambda: registry.end_user_named(name),
            lambda: registry.create_end_user(name, kind, attributes),
            lambda sid: registry.update_end_user(sid, attributes),
            attributes,
        ),
    )


def _address(work: Work) -> str:
    registry, who, name = work.registry, work.who, name_of("address")
    fields = {
        "customer_name": who.legal_name,
        "street": who.street,
        "city": who.city,
        "region": who.region,
        "postal_code": who.postal_code,
        "iso_country": who.country,
    }
    return ensure(
        work,
        Thing(
            "address",
            work.brand,
            "address_sid",
            lambda: registry.address_named(name),
            lambda: registry.create_address(name, fields),
            lambda sid: registry.update_address(sid, fields),
            fields,
        ),
    )


def _document(work: Work, address: str) -> str:
    registry, name = work.registry, name_of("document")
    return ensure(
        work,
        Thing(
            "document",
            work.brand,
            "document_sid",
            lambda: registry.document_named(name),
            lambda: registry.create_document(name, address),
        ),
    )


def _assign(work: Work, bundle: str, parts: Iterable[str], calls: tuple[Callable[[str], set[str]], Callable[[str, str], None]]) -> None:
    listed, assign = calls
    there = listed(bundle)
    for part in parts:
        if part not in there:
            assign(bundle, part)
    work.note(DONE, sid=bundle)


def _hand_in(
    work: Work,
    step: str,
    sid: str,
    calls: tuple[Callable[[str], Bundle], Callable[[str], tuple[Problem, ...]], Callable[[str], Bundle]],
) -> str:
    """Return a bundle's status, after it was checked and handed in where it lay about or was refused before this attempt."""
    fetch, evaluate, submit = calls
    is_open = work.enter(step)
    bundle = fetch(sid)
    if is_open and bundle.status in (DRAFT, REJECTED):
        lacking = evaluate(sid)
        if lacking:
            raise ReviewRefused(lacking, on_brand=True, step=step)
        bundle = submit(sid)
        work.note(DONE, sid=sid)
    if bundle.status == REJECTED:
        raise ReviewRefused(bundle.problems, on_brand=True, step=step)
    return bundle.status


def _business(who: BrandFacts) -> dict[str, str]:
    digits = "".join(filter(str.isalnum, who.registration_number))
    number = f"{digits[:2]}-{digits[2:]}" if who.registration_type == "EIN" and len(digits) == 9 else who.registration_number
    return {
        "business_name": who.legal_name,
        "business_type": who.business_type,
        "business_industry": who.industry or _INDUSTRY,
        "business_registration_identifier": who.registration_type,
        "business_registration_number": number,
        "business_identity": "direct_customer",
        "business_regions_of_operation": REGIONS_OF_OPERATION,
        "website_url": who.website,
        "social_media_profile_urls": "",
    }


def _representative(who: BrandFacts) -> dict[str, str]:
    return {
        "first_name": who.contact_first_name,
        "last_name": who.contact_last_name,
        "email": who.contact_email,
        "phone_number": e164_or_none(who.contact_phone, who.country) or who.contact_phone,
        "business_title": who.contact_title or "Owner",
        "job_position": who.contact_position or _POSITION,
    }


def _product(who: BrandFacts) -> dict[str, str]:
    values = {"company_type": who.company_type, "brand_contact_email": who.contact_email}
    if who.company_type == "public":
        values |= {"stock_exchange": who.stock_exchange, "stock_ticker": who.stock_ticker}
    return values
