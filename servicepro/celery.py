"""The Celery application: tenant-aware, with the beat that keeps everything moving."""

import os
import socket
import warnings
from logging.config import dictConfig
from typing import Any

import redis
from celery.exceptions import CPendingDeprecationWarning
from celery.schedules import crontab, schedule
from celery.signals import celeryd_after_setup, setup_logging, worker_process_init
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu.transport.redis import Channel, Transport
from tenant_schemas_celery.app import CeleryApp

from servicepro.lib.collector import relax_collector

NIGHTLY_EXPIRES_SECONDS = 12 * 3600.0  # a worker that was away at night catches up in the morning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")
app = CeleryApp("servicepro")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)  # binds the task's id, and the id of the request that asked for it
app.autodiscover_tasks()
app.conf.broker_connection_max_retries = None  # however long the broker is away: Celery's own 100 tries end after 48 minutes
app.conf.broker_transport_options = {
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "socket_keepalive_options": {
        getattr(socket, name): value
        for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 30_000))
        if hasattr(socket, name)
    },
}
app.conf.beat_schedule = {
    "resume running campaigns": {"task": "campaigns.resume_running", "schedule": schedule(5.0)},
    "text whom WhatsApp did not reach": {"task": "campaigns.hear_late", "schedule": schedule(30.0)},
    "write confirmed lists": {"task": "customers.resume_imports", "schedule": schedule(10.0)},
    "settle what is in doubt": {"task": "messaging.reconcile_all", "schedule": schedule(30.0)},
    "have providers remove what was erased": {"task": "messaging.remove_copies", "schedule": schedule(60.0)},
    "tell customers about their appointments": {"task": "bookings.resume_notices", "schedule": schedule(10.0)},
    "keep what points add up to": {"task": "loyalty.refresh_figures", "schedule": schedule(30.0)},
    "tell whose phone or email was replaced": {"task": "loyalty.tell_old_contacts", "schedule": schedule(15.0)},
    "let invitations run out": {"task": "portal.expire_invitations", "schedule": crontab(minute="43")},
    "forget old sign-ins": {"task": "portal.clear", "schedule": crontab(hour="3", minute="37")},
    "let unanswered adjustments go": {"task": "loyalty.expire_adjustments", "schedule": crontab(hour="3", minute="7")},
    "write down which welcome offers ran out": {"task": "loyalty.expire_offers", "schedule": crontab(minute="23")},
    "tell owners about points by hand": {"task": "loyalty.send_digests", "schedule": crontab(minute="11")},
    "ask after registrations for texting": {"task": "a2p.refresh_open", "schedule": schedule(900.0)},
    "prove that points add up": {"task": "loyalty.verify_ledgers", "schedule": crontab(hour="2", minute="47")},
    "keep nothing too long": {"task": "customers.apply_retention", "schedule": crontab(hour="3", minute="17")},
}
# A tick that no worker took before the next is due is stale: a worker that comes back begins with now, not with hours of yesterdays.
for _entry in app.conf.beat_schedule.values():
    _is_nightly = isinstance(_entry["schedule"], crontab)
    _entry["options"] = {"expires": NIGHTLY_EXPIRES_SECONDS if _is_nightly else _entry["schedule"].run_every.total_seconds()}


class SteadyChannel(Channel):
    """A channel that a lost broker cannot take the worker down with.

    Kombu acknowledges and gives back tasks over the channel they came on, also when its connection is gone for good, and fails
    with an AttributeError there, which ends the worker. Told as the lost connection it is, Celery connects again.
    """

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise redis.ConnectionError("The connection to the broker is closed.")
        parameters: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc]  # the stubs leave it out
        return parameters


Transport.Channel = SteadyChannel


@setup_logging.connect
def keep_structured_logs(**_options: Any) -> None:
    """Log as the web process does: Celery's own set-up would drop the handler that masks phone numbers."""
    dictConfig(settings.LOGGING)


@celeryd_after_setup.connect
def keep_tasks_of_a_lost_broker(**_options: Any) -> None:
    """Keep Celery from advising, at every lost connection, to end the tasks at work: a drain ends its batch by itself."""
    warnings.filterwarnings("ignore", message=r"\s*In Celery 5\.1", category=CPendingDeprecationWarning)


@worker_process_init.connect
def collect_rarely(**_options: Any) -> None:
    """Set the garbage collector of each process that does tasks."""
    relax_collector()
