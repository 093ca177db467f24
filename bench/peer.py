"""The peer: one Celery task per message, done fairly.

A tuned thread pool, database connections reused (CELERY_DB_REUSE_MAX), Twilio's own synchronous SDK, one read and one update per
message. No policy, no claim, no points: less work than the drain does.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")

import threading

from celery import Celery
from celery.signals import worker_init, worker_process_init
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from servicepro.lib.collector import relax_collector

app = Celery("bench.peer")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=16, task_acks_late=True, db_reuse_max=100_000)
_local = threading.local()
for signal in (worker_init, worker_process_init):  # the same start for both
    signal.connect(lambda **_options: relax_collector(), weak=False)


class SimulatorHttpClient(TwilioHttpClient):
    """The SDK's own client, pointed at the simulator."""

    def request(self, method, url, **named):
        """Send one request."""
        return super().request(method, url.replace("https://api.twilio.com", f"{os.environ['SIMULATOR_URL']}/api"), **named)


def _client() -> Client:
    from django.conf import settings

    if not hasattr(_local, "client"):
        _local.client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=SimulatorHttpClient(timeout=10))
    return _local.client


@app.task(name="bench.peer.send")
def send(schema: str, target_id: int) -> None:
    """Read one person, text them, write what became of it."""
    from django_tenants.utils import schema_context

    from campaigns.models import Target

    with schema_context(schema):
        target = Target.objects.get(pk=target_id)
        message = _client().messages.create(to=target.phone, from_="+15125550100", body="Hey this is Jody. " * 24)
        Target.objects.filter(pk=target_id).update(sms_status="sent", sms_sid=message.sid)
