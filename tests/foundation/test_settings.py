"""A server that is not secure does not start, and says in one sentence why."""

import base64
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from whitenoise.middleware import WhiteNoiseMiddleware

ROOT = Path(__file__).resolve().parents[2]


PRODUCTION = (
    "from servicepro import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.DEBUG)"
    "; print(repr(s.TWILIO_ACCOUNT_SID), repr(s.TWILIO_API_BASE_URL), repr(s.SENDGRID_API_KEY), repr(s.SENDGRID_API_BASE_URL))"
    "; print(s.DATABASES['default']['OPTIONS'])"
)
EVERYTHING = "from servicepro import settings as s; print({n: repr(v) for n, v in vars(s).items() if n.isupper() and n != 'LOGGING'})"


def boot(tmp_path, program=PRODUCTION, **changed):
    """Read the settings in a process of its own, as production would; a setting that is None is not set at all."""
    production = {
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(64)).decode()}",
        "ADDRESS_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "ALLOWED_HOSTS": "servicepro.example,.servicepro.example",
        "DATABASE_URL": "postgres://servicepro@127.0.0.1:1/servicepro",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SERVICEPRO_STATE_DIR": str(tmp_path),
        "PATH": os.environ["PATH"],
    }
    environment = {name: value for name, value in (production | changed).items() if value is not None}
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too weak"),
        ({"SECRET_KEY": "django-insecure-" + "x" * 60}, "SECRET_KEY is too weak"),
        ({"FIELD_KEYS": None}, "FIELD_KEYS is not set"),
        ({"ADDRESS_KEY": None}, "ADDRESS_KEY is not set"),
        ({"ALLOWED_HOSTS": None}, "ALLOWED_HOSTS is empty"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS takes every host"),
        ({"DATABASE_URL": None}, "DATABASE_URL and REDIS_URL are not set"),
        ({"REDIS_URL": None}, "DATABASE_URL and REDIS_URL are not set"),
    ],
)
def test_production_refuses_to_start_insecurely(tmp_path, changed, sentence):
    refused = boot(tmp_path, **changed)
    assert refused.returncode != 0
    assert sentence in refused.stderr
    assert list(tmp_path.iterdir()) == [], "no local key or server may be made in production"


@pytest.mark.parametrize(("setting", "text"), [("WEB_PORT", ""), ("SMS_PER_SECOND", ""), ("PROXY_HOPS", "one"), ("WEB_PORT", "80.5")])
def test_a_number_that_is_none_is_told_in_one_sentence_that_names_it(tmp_path, setting, text):
    refused = boot(tmp_path, "import sys; sys.argv = ['manage.py', 'check']; import manage; manage.main()", **{setting: text})
    assert refused.returncode == 1
    assert re.fullmatch(
        rf"{setting} is not a (?:whole )?number: '{text}'\. Give one, for example {setting}=[\d.]+, or leave it out\.\n", refused.stderr
    )


def test_production_starts_with_its_own_secrets_and_sends_cookies_over_https_only(tmp_path):
    started = boot(tmp_path)
    assert started.returncode == 0, started.stderr
    assert started.stdout.splitlines()[0] == "True True True False"


def test_the_example_copied_as_it_is_changes_nothing_at_a_desk(tmp_path):
    text = (ROOT / ".env.example").read_text()
    example = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    servers = {"DATABASE_URL": "postgres://servicepro@127.0.0.1:1/servicepro", "REDIS_URL": "redis://127.0.0.1:1/0"}
    unset = dict.fromkeys(("DEBUG", "SECRET_KEY", "FIELD_KEYS", "ADDRESS_KEY", "ALLOWED_HOSTS"))
    copied, bare = boot(tmp_path, EVERYTHING, **example | servers), boot(tmp_path, EVERYTHING, **unset)
    assert (copied.returncode, bare.returncode) == (0, 0), copied.stderr
    assert copied.stdout == bare.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["keys.env"]


def test_production_without_provider_credentials_never_reaches_for_the_simulator(tmp_path):
    assert boot(tmp_path).stdout.splitlines()[1] == "'' '' '' ''"


def test_no_folder_of_collected_files_is_missed_where_none_is_needed(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "never collected"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        serve = WhiteNoiseMiddleware(lambda _request: None)
    assert serve.find_file("/static/css/admin.css")


def test_a_database_that_never_answers_is_not_waited_for(django_db_blocker):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        host, port = silent.getsockname()
        options = connections["default"].get_connection_params() | {"host": host, "port": port}
        with django_db_blocker.unblock(), pytest.raises(psycopg.OperationalError):
            connections["default"].get_new_connection(options)
    assert time.monotonic() - began < 10


def test_what_the_database_address_asks_for_wins_over_our_patience(tmp_path):
    address = "postgres://servicepro@127.0.0.1:1/servicepro?connect_timeout=9&sslmode=require"
    options = boot(tmp_path, DATABASE_URL=address).stdout.splitlines()[2]
    assert "'connect_timeout': 9" in options and "'sslmode': 'require'" in options and "'keepalives_idle': 15" in options
