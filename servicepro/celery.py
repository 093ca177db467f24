"""The Celery application: tenant-aware, with the beat that keeps everything moving."""

import os
from logging.config import dictConfig
from typing import Any

from celery.schedules import schedule
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep
from tenant_schemas_celery.app import CeleryApp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")
app = CeleryApp("servicepro")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)  # binds the task's id, and the id of the request that asked for it
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "resume running campaigns": {"task": "campaigns.resume_running", "schedule": schedule(5.0)},
    "settle what is in doubt": {"task": "messaging.reconcile_all", "schedule": schedule(30.0)},
}


@setup_logging.connect
def keep_structured_logs(**_options: Any) -> None:
    """Log as the web process does: Celery's own set-up would drop the handler that masks phone numbers."""
    dictConfig(settings.LOGGING)
