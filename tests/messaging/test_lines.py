"""A line has a pace that moves: more than nothing, and a number."""

import pytest
from django.contrib import admin
from django.db import IntegrityError

from messaging.models import PER_SECOND_MAX, Line
from messaging.selectors import line_numbers, owns_number, sender_for
from messaging.services import ensure_line
from messaging.types import Channel


@pytest.mark.parametrize("pace", [0, -1, PER_SECOND_MAX + 1, float("nan"), float("inf")])
def test_the_database_refuses_a_pace_that_is_none(tenant, pace):
    with pytest.raises(IntegrityError, match="line_pace_above_zero"):
        Line.objects.update(messages_per_second=pace)


@pytest.mark.parametrize("pace", [0, -1, PER_SECOND_MAX + 1])
def test_the_form_says_in_a_sentence_which_pace_it_takes(tenant, rf, pace):
    line = Line.objects.get()
    form_class = admin.site.get_model_admin(Line).get_form(rf.get("/"), line)
    form = form_class({"channel": "sms", "phone": line.phone, "is_default": "on", "messages_per_second": str(pace)}, instance=line)
    assert not form.is_valid()
    assert "must be more than 0 and at most 1,000,000" in form.errors.as_text()


def test_an_empty_pace_is_the_servers_default(tenant, settings):
    Line.objects.update(messages_per_second=None)
    Line.objects.get().full_clean()
    assert sender_for(Channel.SMS).messages_per_second == settings.SMS_PER_SECOND


def test_a_slow_pace_is_kept(tenant):
    Line.objects.update(messages_per_second=0.1)
    Line.objects.get().full_clean()
    assert sender_for(Channel.SMS).messages_per_second == 0.1


def test_a_number_may_carry_texts_and_whatsapp_each_once_and_hears_on_both(tenant):
    number = Line.objects.get().phone
    assert ensure_line(number, channel=Channel.WHATSAPP) and not ensure_line(number, channel=Channel.WHATSAPP)
    assert not ensure_line(number)
    assert sorted(Line.objects.values_list("channel", "is_default")) == [("sms", True), ("whatsapp", True)]
    assert owns_number(number) and owns_number(number, Channel.WHATSAPP)
    assert line_numbers() == [number] == line_numbers(Channel.WHATSAPP)
