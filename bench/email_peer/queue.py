"""django-post-office on a database of its own: its queue, its threads, SMTP connections that it keeps open.

python -m bench.email_peer.queue EMAILS PROCESSES SMTP_PORT: prints JSON. BENCH_DATABASE names the database.
"""

import json
import logging
import os
import sys
import time

SUBJECT, BODY = "A word from us, Ann", "Hi Ann,\n\n" + "there are free places next week. " * 20
PAGE = f"<p>Hi Ann,</p><p>{'there are free places next week. ' * 20}</p>"


def setup(smtp_port: int) -> None:
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
        # The largest steps that it takes, as many threads as pay off here, a log of failures alone: it is meant to be quick.
        POST_OFFICE={"BATCH_SIZE": 2_000, "THREADS_PER_PROCESS": 5, "LOG_LEVEL": 1},
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    logging.disable(logging.CRITICAL)


def main(emails: int, processes: int, smtp_port: int) -> int:
    """Queue so many emails, send them all, and print how long both took."""
    setup(smtp_port)
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
    queued = time.perf_counter()
    while Email.objects.filter(status=STATUS.queued).exists():
        mail.send_queued(processes=processes)
        connection.close()  # its children have closed the one they inherited
    done = time.perf_counter()
    figures = {
        "processes": processes,
        "emails": emails,
        "sent": Email.objects.filter(status=STATUS.sent).count(),
        "sendingPerSecond": round(emails / (done - queued)),
        "withQueueingPerSecond": round(emails / (done - began)),
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
