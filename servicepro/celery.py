"""The Celery application: tenant-aware, with the beat that keeps everything moving."""

import os

from celery.schedules import schedule
from tenant_schemas_celery.app import CeleryApp

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")
app = CeleryApp("servicepro")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "resume running campaigns": {"task": "campaigns.resume_running", "schedule": schedule(5.0)},
    "settle what is in doubt": {"task": "messaging.reconcile_all", "schedule": schedule(30.0)},
}
