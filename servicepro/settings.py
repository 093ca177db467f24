"""Settings, all from the environment (.env.example lists every one); with none set, the embedded stack is used."""

import logging
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


class _Environment(environ.Env):
    """The environment, with a sentence for a number that is none: most often a line of .env that was left blank."""

    def get_value(self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: bool = False) -> Any:
        try:
            return super().get_value(var, cast, default, parse_default)
        except ValueError as error:
            if cast not in (int, float):
                raise
            kind = "a whole number" if cast is int else "a number"
            text = self.ENVIRON[var]
            raise ImproperlyConfigured(f"{var} is not {kind}: {text!r}. Give one, for example {var}={default}, or leave it out.") from error


env = _Environment()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=True)
TESTING = "pytest" in sys.modules
STATE_DIR = Path(env.str("SERVICEPRO_STATE_DIR", default="") or BASE_DIR / ".local").resolve()

WEB_PORT = env.int("WEB_PORT", default=8000)
SIMULATOR_PORT = env.int("SIMULATOR_PORT", default=8010)
PUBLIC_SCHEME = env.str("PUBLIC_SCHEME", default="http" if DEBUG else "https")
PUBLIC_PORT = env.str("PUBLIC_PORT", default=str(WEB_PORT) if DEBUG else "")

_embedded = not (env.str("DATABASE_URL", default="") and env.str("REDIS_URL", default=""))
if DEBUG:
    from servicepro.devstack.keys import local_keys

    for _name, _value in local_keys(STATE_DIR).items():
        if not env.str(_name, default=""):  # also where .env is .env.example as it is, with blanks for what you need not set
            env.ENVIRON[_name] = _value
if _embedded and not DEBUG:
    raise ImproperlyConfigured("DATABASE_URL and REDIS_URL are not set: the embedded servers are for your own machine only.")
if _embedded:
    from servicepro.devstack.servers import ensure_running

    _servers = ensure_running(STATE_DIR)
    for _name, _value in (("DATABASE_URL", _servers.database_url), ("REDIS_URL", _servers.redis_url)):
        if not env.str(_name, default=""):
            env.ENVIRON[_name] = _value

SECRET_KEY = env.str("SECRET_KEY", default="")
FIELD_KEYS = env.str("FIELD_KEYS", default="")
ADDRESS_KEY = env.str("ADDRESS_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or (["*"] if DEBUG else [])
for _name in ("SECRET_KEY", "FIELD_KEYS", "ADDRESS_KEY"):
    if not globals()[_name]:
        raise ImproperlyConfigured(f"{_name} is not set. Production needs its own secret: see .env.example.")
if not DEBUG and (len(SECRET_KEY) < 50 or "insecure" in SECRET_KEY):
    raise ImproperlyConfigured("SECRET_KEY is too weak for production: use 50 random characters or more.")
if not DEBUG and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is empty: name the hosts this server answers for.")
if not DEBUG and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS takes every host: name the hosts, a leading dot takes all below one.")

DATABASES = {"default": env.db_url("DATABASE_URL")}
# A server whose machine is gone answers nothing at all: without these a worker waits for it for hours.
_patience = {"connect_timeout": 5, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
DATABASES["default"] |= {
    "OPTIONS": _patience | DATABASES["default"].get("OPTIONS", {}),
    "ENGINE": "servicepro.lib.postgresql",
    "HOST": unquote(DATABASES["default"]["HOST"]),  # a socket's folder arrives percent-encoded
    "CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE_SECONDS", default=60),
    "CONN_HEALTH_CHECKS": True,
    "TEST": {"NAME": env.str("TEST_DATABASE_NAME", default="test_servicepro")},
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True

REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}

_BOTH = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "tenants.accounts",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
]
SHARED_APPS = [
    "tenants",  # before django_tenants: our create_tenant command is the one people get
    "django_tenants",
    "messaging.ledger",
    "unfold",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_structlog",
    "axes",  # its tables stay empty: what it counts lives in the cache, apart for each tenant
    "ninja",  # its page for /api/docs, with files of its own rather than a stranger's
    *_BOTH,
]
TENANT_APPS = [*_BOTH, "tenants.business", "customers", "messaging", "loyalty", "a2p", "bookings", "campaigns", "portal", "onboarding"]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]

MIDDLEWARE = [
    "servicepro.lib.while_away.AnswerWhileAway",
    "tenants.middleware.TenantMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "servicepro.api.ApiAnswers",
    "servicepro.lib.request_size.RequestSizeLimit",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",  # last, so that it replaces whatever a locked sign-in was answered with
]
ROOT_URLCONF = "servicepro.urls"
PUBLIC_SCHEMA_URLCONF = "servicepro.urls_platform"
WSGI_APPLICATION = "servicepro.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"  # who opened the sign-in page itself
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Five wrong passwords lock an address of one business for a quarter of an hour, whoever types them and from wherever.
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_FAILURE_LIMIT, AXES_COOLOFF_TIME = 5, timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_NEVER_LOCKOUT_GET = True
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # it asks for the IP address as well, which guesses from many machines would get around
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "tenants.accounts.sign_in.typed_email"
AXES_LOCKOUT_CALLABLE = "tenants.accounts.sign_in.locked_out"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG  # no collected files at a desk, nor in tests, which turn DEBUG off later
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

# Providers. Without credentials the same code speaks to the local simulator.
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_API_BASE_URL = env.str("TWILIO_API_BASE_URL", default="")
TWILIO_FROM_NUMBER = env.str("TWILIO_FROM_NUMBER", default="")
TWILIO_MESSAGING_SERVICE_SID = env.str("TWILIO_MESSAGING_SERVICE_SID", default="")
TWILIO_WHATSAPP_NUMBER = env.str("TWILIO_WHATSAPP_NUMBER", default="").removeprefix("whatsapp:")
# Registration with the US carriers. Policies are Twilio's names for what a profile must contain, and could change.
TWILIO_PRIMARY_PROFILE_SID = env.str("TWILIO_PRIMARY_PROFILE_SID", default="")
TWILIO_PROFILE_POLICY_SID = env.str("TWILIO_PROFILE_POLICY_SID", default="") or "RNdfbf3fae0e1107f8aded0e7cead80bf5"
TWILIO_A2P_POLICY_SID = env.str("TWILIO_A2P_POLICY_SID", default="") or "RNb0d4771c2c98518d916a3d4cd70a8f8b"
A2P_CONTACT_EMAIL = env.str("A2P_CONTACT_EMAIL", default="")
A2P_MOCK_BRANDS = env.bool("A2P_MOCK_BRANDS", default=False)
SENDGRID_API_KEY = env.str("SENDGRID_API_KEY", default="")
SENDGRID_API_BASE_URL = env.str("SENDGRID_API_BASE_URL", default="")
SENDGRID_WEBHOOK_PUBLIC_KEY = env.str("SENDGRID_WEBHOOK_PUBLIC_KEY", default="")
SENDGRID_FROM_EMAIL = env.str("SENDGRID_FROM_EMAIL", default="hello@servicepro.example")
SIMULATOR_URL = env.str("SIMULATOR_URL", default=f"http://127.0.0.1:{SIMULATOR_PORT}")
SIMULATED_SMS = not TWILIO_ACCOUNT_SID and DEBUG
SIMULATED_EMAIL = not SENDGRID_API_KEY and DEBUG
if SIMULATED_SMS:
    TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN = "AC" + "5" * 32, "simulator-auth-token"
    TWILIO_API_BASE_URL = TWILIO_API_BASE_URL or SIMULATOR_URL
    TWILIO_WHATSAPP_NUMBER = TWILIO_WHATSAPP_NUMBER or "+14155238886"  # Twilio's own sandbox number
    TWILIO_PRIMARY_PROFILE_SID = TWILIO_PRIMARY_PROFILE_SID or "BU" + "5" * 32  # the simulator's own
A2P_OPENS_PAGES = env.bool("A2P_OPENS_PAGES", default=not SIMULATED_SMS)  # a demo's addresses lead nowhere
A2P_SECONDS_BETWEEN_CALLS = env.float("A2P_SECONDS_BETWEEN_CALLS", default=0.0 if SIMULATED_SMS else 1.0)
WHATSAPP_MARKETING_TO_US = env.bool("WHATSAPP_MARKETING_TO_US", default=SIMULATED_SMS)  # Meta delivers none there since April 2025
if SIMULATED_EMAIL:
    SENDGRID_API_KEY = "SG.simulator"
    SENDGRID_API_BASE_URL = SENDGRID_API_BASE_URL or f"{SIMULATOR_URL}/sendgrid"
PROVIDER_TIMEOUT_SECONDS = env.float("PROVIDER_TIMEOUT_SECONDS", default=10.0)
BUSINESS_OWNER_PERSONAL_PHONE = env.str("BUSINESS_OWNER_PERSONAL_PHONE", default="")
LOG_PHONES = env.str("LOG_PHONES", default="masked")
SMS_SEGMENT_PRICE_MICROS = env.int("SMS_SEGMENT_PRICE_MICROS", default=11_300)  # Twilio US list price with carrier fee, USD
WHATSAPP_MESSAGE_PRICE_MICROS = env.int("WHATSAPP_MESSAGE_PRICE_MICROS", default=5_000)  # Twilio's own fee; Meta's comes on top, by country
EMAIL_PRICE_MICROS = env.int("EMAIL_PRICE_MICROS", default=1_000)
SMS_PER_SECOND = env.float("SMS_PER_SECOND", default=100.0)
WHATSAPP_PER_SECOND = min(80.0, env.float("WHATSAPP_PER_SECOND", default=80.0))  # what Meta takes from one number
EMAIL_PER_SECOND = env.float("EMAIL_PER_SECOND", default=2_000.0)
RECONCILE_GRACE_SECONDS = env.int("RECONCILE_GRACE_SECONDS", default=120)
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=120)
PORTAL_CODES_PER_DAY = env.int("PORTAL_CODES_PER_DAY", default=1_000)
PROXY_HOPS = env.int("PROXY_HOPS", default=0)

# Celery
_socket_broker = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or _socket_broker
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 15 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 14 * 60
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_TASK_RETRY_LOG_LEVEL = logging.INFO  # a tick of the beat that came too late is no trouble: the next one is due

# Security
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
if not DEBUG:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # The admin theme's Alpine build evaluates expressions; pages outside the admin load no script at all.
        "script-src": ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

from servicepro.lib.logs import logging_config  # noqa: E402

LOGGING = logging_config(json_lines=env.bool("LOG_JSON", default=not DEBUG), level=env.str("LOG_LEVEL", default="INFO"))

UNFOLD = {
    "SITE_TITLE": "ServicePro",
    "SITE_HEADER": "ServicePro",
    "SITE_SYMBOL": "chat_bubble",
    "SITE_FAVICONS": [{"rel": "icon", "href": "/static/img/favicon.svg", "type": "image/svg+xml"}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": ["/static/css/admin.css"],
    # The theme's own purple is too dark for text on its dark background: 500 is text there, 600 carries white text.
    "COLORS": {
        "primary": {
            "50": "#eff6ff",
            "100": "#dbeafe",
            "200": "#bfdbfe",
            "300": "#93c5fd",
            "400": "#93c5fd",
            "500": "#7dacff",
            "600": "#1d4ed8",
            "700": "#1e40af",
            "800": "#1e3a8a",
            "900": "#1e3a8a",
            "950": "#172554",
        }
    },
    "DASHBOARD_CALLBACK": "servicepro.dashboard.dashboard_context",
    "SIDEBAR": {"show_search": True, "navigation": "servicepro.dashboard.navigation"},
}
