"""Whom a business's emails come from, and whether its campaigns count who opened them."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """Every business goes on sending as the platform, in its own name, and counts nobody."""

    dependencies = [("business", "0006_offers_and_points")]
    operations = [
        migrations.AddField(
            model_name="businesssettings",
            name="sender_name",
            field=models.CharField(
                blank=True,
                default="",
                help_text="the name customers see on your emails; empty: the name of the business",
                max_length=80,
                validators=[django.core.validators.RegexValidator("\\A[^\\x00-\\x1f\\x7f\\u2028\\u2029]*\\Z", "Write it in one line.")],
            ),
        ),
        migrations.AddField(
            model_name="businesssettings",
            name="sender_email",
            field=models.EmailField(
                blank=True,
                default="",
                help_text="the address your emails come from, verified at SendGrid before (with SPF and DKIM of its domain); empty: the"
                " platform's",
                max_length=254,
            ),
        ),
        migrations.AddField(
            model_name="businesssettings",
            name="tracks_email_opens",
            field=models.BooleanField(
                default=False,
                help_text="new campaigns count who opened their email, by a picture nobody sees. Off unless you need it: it is watching"
                " people who did not agree to that, and mail programs that load pictures by themselves make the figure a guess",
            ),
        ),
        migrations.AlterField(
            model_name="businesssettings",
            name="reply_to_email",
            field=models.EmailField(
                blank=True, help_text="where answers to your emails go; empty: to the address they come from", max_length=254
            ),
        ),
    ]
