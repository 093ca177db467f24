"""Say who changes what people allow, and why: the database writes down every such change, and names whoever said so."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone

from servicepro.lib.tenancy import connection

SOURCE_CHARACTERS_MAX = 48
WORDING_CHARACTERS_MAX = 200


@contextmanager
def announced(source: str, *, actor: str = "", wording: str = "", is_told: bool = False, takes_back: bool = False) -> Iterator[None]:
    """Announce that consent columns change from here to the end of the block, in one transaction.

    The database then keeps the change of every record under `source`, and an event for it. `is_told` says that the event is written by
    the caller, who knows more of it (the address of a stranger, the row of a list); `takes_back` that a permission which comes back
    is no new one, since only what was said before is undone. What nobody announces is kept under "unannounced".
    """
    said: dict[str, object] = {
        "source": source[:SOURCE_CHARACTERS_MAX],
        "actor": actor[:120],
        "wording": wording[:WORDING_CHARACTERS_MAX],
        "at": timezone.now().isoformat(),
        "is_told": is_told,
        "takes_back": takes_back,
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('servicepro.consent', true)")
            before = cursor.fetchone()[0] or ""
            cursor.execute("SELECT set_config('servicepro.consent', %s, true)", [json.dumps(said)])
        yield
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('servicepro.consent', %s, true)", [before])
