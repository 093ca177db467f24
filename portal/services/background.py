"""Send what a page asked for after the page was answered, in threads of this process.

A queue would keep a code waiting behind the blast that brought people here, and the code itself would lie in the broker. What dies
with the process is a code, and another can be asked for.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django_tenants.utils import tenant_context

from servicepro.lib.tenancy import connection
from tenants.selectors import current_tenant

logger = logging.getLogger(__name__)
THREADS = 4
_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="portal")


def soon(work: Callable[..., object], *arguments: object) -> None:
    """Do `work` for the current business as soon as a thread is free."""
    _threads.submit(_work, current_tenant(), work, arguments)


def _work(tenant: object, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    try:
        with tenant_context(tenant):
            work(*arguments)
    except Exception:
        logger.exception("portal_work_failed work=%s", work.__name__)
    finally:
        connection.close()
