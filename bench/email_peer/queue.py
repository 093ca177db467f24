"""django-post-office on a database of its own: its queue, its threads, SMTP connections that it keeps open.

python -m bench.email_peer.queue EMAILS SETUP SMTP_PORT: prints JSON. BENCH_DATABASE names the database, SETUP one of those below.
"""

import json
import logging
import os
import resource
import sys
import time

SUBJECT, BODY = "A word from us, Ann", "Hi Ann,\n\n" + "there are free places next week. " * 20
PAGE = f"<p>Hi Ann,</p><p>{'there are free places next week. ' * 20}</p>"


# As it comes: a hundred at a time, a line in its log for each email. Tuned: larger steps, a log of failures alone, both processors.
SETUPS: dict[str, tuple[int, dict[str, int]]] = {
    "as it comes": (1, {}),
    "tuned": (2, {"BATCH_SIZE": 2_000, "LOG_LEVEL": 1}),
}


def setup(smtp_port: int, options: dict[str, int]) -> None:
    """Set Django up with nothing but the queue, and make its tables."""
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={
            "default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": None, **json.loads(os.environ["BENCH_DATABASE"])}
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=smtp_port,
        USE_TZ=True,
        SECRET_KEY="bench",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        POST_OFFICE=options,
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    logging.disable(logging.CRITICAL)


def _cpu_seconds() -> float:
    """CPU of this process and of those it started, so far."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def main(emails: int, chosen: str, smtp_port: int) -> int:
    """Queue so many emails, send them all, and print how long both took."""
    processes, options = SETUPS[chosen]
    setup(smtp_port, options)
    from django.db import connection
    from post_office import mail
    from post_office.models import STATUS, Email

    Email.objects.all().delete()
    began = time.perf_counter()
    mail.send_many(
        [
            {"recipients": f"p{n}@example.com", "sender": "us@shop.example", "subject": SUBJECT, "message": BODY, "html_message": PAGE}
            for n in range(emails)
        ]
    )
    queued, cpu = time.perf_counter(), _cpu_seconds()
    while Email.objects.filter(status=STATUS.queued).exists():
        mail.send_queued(processes=processes)
        connection.close()  # its children have closed the one they inherited
    done = time.perf_counter()
    figures = {
        "setup": chosen,
        "emails": emails,
        "sent": Email.objects.filter(status=STATUS.sent).count(),
        "sendingPerSecond": round(emails / (done - queued)),
        "withQueueingPerSecond": round(emails / (done - began)),
        "sendingCpuMsPerEmail": round((_cpu_seconds() - cpu) / emails * 1000, 3),
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
