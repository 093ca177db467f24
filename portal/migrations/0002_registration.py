"""Registering with a code, and the app's own sessions."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_sign_in")]

    operations = [
        migrations.AddField(
            model_name="portalsession",
            name="is_app",
            field=models.BooleanField(db_default=False, default=False, help_text="its token opens the app's part of the API, and no page"),
        ),
        migrations.AlterField(
            model_name="signincode",
            name="purpose",
            field=models.CharField(
                choices=[("sign_in", "Sign In"), ("change_email", "Change Email"), ("register", "Register")],
                default="sign_in",
                max_length=12,
            ),
        ),
    ]
