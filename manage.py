#!/usr/bin/env python
"""Run Django's commands; the embedded servers start by themselves where no DATABASE_URL or REDIS_URL is set."""

import os
import sys


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicepro.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here. Run `make run` once, then use .venv/bin/python manage.py …")
    from servicepro.devstack.errors import DevstackError

    try:
        execute_from_command_line(sys.argv)
    except (DevstackError, ImproperlyConfigured) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
