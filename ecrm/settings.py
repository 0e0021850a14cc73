"""Settings, from the environment only (docs/configuring lists every variable)."""

from __future__ import annotations

from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from ecrm.ui.security import CONTENT_SECURITY_POLICY  # noqa: F401  read by django-csp

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

SECRET_KEY = env.str("ECRM_SECRET_KEY")
DEBUG = env.bool("ECRM_DEBUG", default=False)
ALLOWED_HOSTS = env.list("ECRM_ALLOWED_HOSTS", default=["localhost", "127.0.0.1"])
BASE_URL = env.str("ECRM_BASE_URL", default="http://localhost:8000").rstrip("/")
IS_HTTPS = BASE_URL.startswith("https://")

# Rotating keys for secrets at rest, first one writes. The permanent key hashes suppressed
# addresses and signs public tokens: it must survive in backups and never change.
FIELD_KEYS = env.list("ECRM_FIELD_KEYS")
PERMANENT_KEY = bytes.fromhex(env.str("ECRM_SUPPRESSION_KEY"))

INSTALLED_APPS = [
    "ecrm.ui",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",  # its widget templates, for our form renderer
    "django_htmx",
    "ninja",  # for the assets of the API's reference page
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "ecrm.tenancy",
    "ecrm.audit",
    "ecrm.files",
    "ecrm.jobs",
    "ecrm.mail",
    "ecrm.notices",
    "ecrm.search",
    "ecrm.webhooks",
    "ecrm.api",
    "ecrm.doctor",
    "ecrm.administration",
    "contacts",
    "consent",
    "campaigns",
    "cases",
    "analytics",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "ecrm.health.HealthMiddleware",
    "ecrm.metrics.MetricsMiddleware",
    "ecrm.api.middleware.ApiMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ecrm.logs.RequestLogMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "ecrm.tenancy.sessions.SessionSeenMiddleware",
    "ecrm.tenancy.middleware.TenantMiddleware",
    "ecrm.errors.ErrorPageMiddleware",
    "ecrm.administration.middleware.VisitMiddleware",
]

ROOT_URLCONF = "ecrm.urls"
WSGI_APPLICATION = "ecrm.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "ecrm.ui.baking.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ecrm.ui.context.shell",
                "ecrm.notices.context.bell",
            ],
            "builtins": [
                "ecrm.ui.templatetags.ui",
                "django.templatetags.static",
                "django.templatetags.i18n",
                "ecrm.ui.templatetags.baked",
            ],
        },
    }
]
FORM_RENDERER = "ecrm.ui.forms.Renderer"

# default: the app role. migrate: owns the schema. dispatch: reads due work across tenants.
_database = {"CONN_MAX_AGE": env.int("ECRM_CONN_MAX_AGE", default=600), "CONN_HEALTH_CHECKS": True}
PREPARED_STATEMENTS = env.bool("ECRM_PREPARED_STATEMENTS", default=True)
DATABASES = {
    "default": {**env.db_url("ECRM_DATABASE_URL"), **_database},
    "dispatch": {**env.db_url("ECRM_DISPATCH_DATABASE_URL", default=env.str("ECRM_DATABASE_URL")), **_database},
}
# Only ecrm.prepared prepares: Django binds values itself. The number is psycopg's own; None would forbid it.
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 5
if "ECRM_MIGRATE_DATABASE_URL" in env.ENVIRON:
    DATABASES["migrate"] = env.db_url("ECRM_MIGRATE_DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("ECRM_REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "ecrm.tenancy.session_store"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = env.int("ECRM_HSTS_SECONDS", default=0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("ECRM_BEHIND_PROXY", default=False) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "ecrm.errors.csrf_failure"

AUTH_USER_MODEL = "tenancy.User"
AUTHENTICATION_BACKENDS = [
    "ecrm.tenancy.entrance.PasswordBackend",
    "ecrm.tenancy.entrance.AccountBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_FORMS = {"signup": "ecrm.tenancy.accounts.NamedSignupForm"}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_ADAPTER = "ecrm.tenancy.accounts.AccountAdapter"
# Who may make an account: open (everybody), invited (people with an open invitation), closed (nobody).
SIGNUP = env.str("ECRM_SIGNUP", default="open")
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Browsers allow passkeys on http://localhost; without this the server would not.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS
MFA_FORMS = {
    "add_webauthn": "ecrm.tenancy.accounts.AddPasskeyForm",
    "edit_webauthn": "ecrm.tenancy.accounts.RenamePasskeyForm",
}
MFA_TOTP_ISSUER = "eCRM"
MFA_ADAPTER = "ecrm.tenancy.accounts.MfaAdapter"

# Staff of the installation (/admin/, support visits) must have set up two-step sign-in.
STAFF_SECOND_FACTOR = env.bool("ECRM_STAFF_SECOND_FACTOR", default=True)

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("pt", _("Portuguese")),
    ("pl", _("Polish")),
    ("es", _("Spanish")),
    ("fr", _("French")),
]
LOCALE_PATHS = [BASE_DIR / "ecrm" / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = env.str("ECRM_STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_FROM_SOURCE = env.bool("ECRM_STATIC_FROM_SOURCE", default=True)
FILES_DIR = env.str("ECRM_FILES_DIR", default=str(BASE_DIR / ".var" / "files"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": FILES_DIR}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = [
    "ecrm.files.uploads.CappedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
IMPORT_LANES = env.int("ECRM_IMPORT_LANES", default=2)
MAX_UPLOAD_BYTES = env.int("ECRM_MAX_UPLOAD_BYTES", default=100 * 1024 * 1024)

RELAY_URL = env.str("ECRM_RELAY_URL", default="smtp://127.0.0.1:2525?reconcile=none")
RELAY_LOG_URL = env.str("ECRM_RELAY_LOG_URL", default="")
EMAIL_BACKEND = "ecrm.mail.backends.RelayBackend"
DEFAULT_FROM_EMAIL = env.str("ECRM_ACCOUNTS_FROM", default="eCRM <accounts@ecrm.localhost>")
ANYMAIL = env.json("ECRM_ANYMAIL", default={})

# Where the world writes to us. Bounces are sent there only when the operator has named the domain.
INBOUND_DOMAIN = env.str("ECRM_INBOUND_DOMAIN", default="in.localhost").lower()
RETURN_PATH_DOMAIN = env.str("ECRM_INBOUND_DOMAIN", default="").lower()
SMTP_DOOR = env.str("ECRM_SMTP_DOOR", default="127.0.0.1:2526")
MAX_MAIL_BYTES = env.int("ECRM_MAX_MAIL_BYTES", default=35 * 1024 * 1024)
TRUSTED_AUTHSERV = env.str("ECRM_TRUSTED_AUTHSERV", default="")
ALLOW_PRIVATE_HOSTS = env.bool("ECRM_ALLOW_PRIVATE_HOSTS", default=False)

# Who shows this may read /metrics from elsewhere; this machine itself always may.
METRICS_TOKEN = env.str("ECRM_METRICS_TOKEN", default="")
# Requests a minute and token; 0 counts nothing.
API_REQUESTS_PER_MINUTE = env.int("ECRM_API_REQUESTS_PER_MINUTE", default=1200)

# Requests a minute that one place may send to the door for visits of one site; 0: as many as come.
COLLECT_PER_MINUTE = env.int("ECRM_COLLECT_PER_MINUTE", default=600)

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOG_FORMAT = env.str("ECRM_LOG_FORMAT", default="plain")
LOGGING_CONFIG = "ecrm.logs.configure"
LOGGING = {"format": LOG_FORMAT, "level": env.str("ECRM_LOG_LEVEL", default="INFO")}
SILENCED_SYSTEM_CHECKS: list[str] = []
