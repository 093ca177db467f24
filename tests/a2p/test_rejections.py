"""A rejection is explained in plain words: what it means, where, what to do, and whether anything can be done."""

from dataclasses import fields

import pytest

from a2p.rejections import FIELDS, REJECTIONS, explain_rejection
from a2p.types import BrandFacts, CampaignFacts


def test_more_than_forty_codes_are_explained():
    assert len(REJECTIONS) >= 40


@pytest.mark.parametrize("code", sorted(REJECTIONS))
def test_a_known_code_says_what_it_means_and_what_to_do_and_points_to_fields_of_the_form(code):
    known = explain_rejection(code)
    names = {each.name for kind in (BrandFacts, CampaignFacts) for each in fields(kind)}
    assert known.is_known
    assert known.meaning.endswith(".")
    assert known.fix.endswith((".", "”"))
    assert set(known.fields) <= names


@pytest.mark.parametrize("code", [30883, 30884, 30885, 30897, 21724, 21731])
def test_what_no_change_of_words_mends_is_said_to_be_final(code):
    assert explain_rejection(code).is_final


@pytest.mark.parametrize("code", [30896, 30909, 30893, 30795])
def test_what_can_be_mended_is_not_final(code):
    assert not explain_rejection(code).is_final


def test_the_fields_the_provider_names_come_before_our_own_guess():
    assert explain_rejection(30882, ["PRIVACY_POLICY_URL"]).fields == ("privacy_url",)
    assert explain_rejection(30882, ["SOMETHING_NEW"]).fields == ("terms_url",)


def test_an_unknown_code_is_explained_as_far_as_its_fields_go():
    unknown = explain_rejection(39999, ["message_flow", "MESSAGE_SAMPLES"])
    assert not unknown.is_known
    assert not unknown.is_final
    assert unknown.fields == ("message_flow", "samples")
    assert "39999" not in unknown.meaning + unknown.fix


def test_what_the_provider_calls_a_field_is_one_of_ours():
    names = {each.name for kind in (BrandFacts, CampaignFacts) for each in fields(kind)}
    assert set(FIELDS.values()) <= names
