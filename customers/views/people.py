"""The owner's page of the people whom lists brought: how far each has come, searched and page by page."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from customers import services
from customers.errors import UnknownImport
from customers.imports_shown import LIFE_LABELS
from customers.models import Customer, ImportBatch
from customers.selectors import import_by_id, imported_customers, imported_lives
from servicepro.lib.admin_pages import admin_page
from servicepro.lib.paging import page_count, page_number
from servicepro.lib.phone import mask_phone
from tenants.selectors import signed_in_user

PAGE_ROWS = 25
SEARCH_CHARACTERS_MAX = 120


@dataclass(frozen=True, slots=True)
class _Question:
    """What the page is asked for; what makes no sense is left out."""

    status: str
    search: str
    batch: ImportBatch | None

    def link(self, page: int) -> str:
        """Return the address of one page of the answer."""
        batch = str(self.batch.pk) if self.batch else ""
        asked = {"status": self.status, "search": self.search, "import": batch, "page": str(page)}
        return "?" + urlencode({name: value for name, value in asked.items() if value})


def _question(request: HttpRequest) -> _Question:
    status = request.GET.get("status", "")
    search = request.GET.get("search", "").replace("\0", "").strip()[:SEARCH_CHARACTERS_MAX]
    return _Question(status if status in LIFE_LABELS else "", search, _list_asked_for(request.GET.get("import", "")))


def _list_asked_for(text: str) -> ImportBatch | None:
    try:
        return import_by_id(text) if text else None
    except UnknownImport:
        return None


@require_GET
def imported(request: HttpRequest) -> HttpResponse:
    """Show a page of the people from lists; recorded."""
    asked = _question(request)
    batch_id: UUID | None = asked.batch.pk if asked.batch else None
    lives = imported_lives(batch_id=batch_id)
    page = page_number(request.GET.get("page", ""))
    people, total = imported_customers(status=asked.status, search=asked.search, batch_id=batch_id, page=page, limit=PAGE_ROWS)
    pages = page_count(total, PAGE_ROWS)
    if page > pages:
        page = pages
        people, total = imported_customers(status=asked.status, search=asked.search, batch_id=batch_id, page=page, limit=PAGE_ROWS)
    subject = f"import:{batch_id}" if batch_id else "imported customers"
    services.record_access(actor=signed_in_user(request), action="view", how_many=len(people), subject=subject)
    return admin_page(
        request,
        "customers/imported.html",
        "People from lists",
        asked=asked,
        choices=[("", "everybody", sum(lives.values())), *((life, label, lives[life]) for life, label in LIFE_LABELS.items())],
        people=[(customer, LIFE_LABELS[customer.life], _masked(customer)) for customer in people],
        has_any=any(lives.values()),
        total=total,
        page=page,
        pages=pages,
        previous=asked.link(page - 1) if page > 1 else "",
        next=asked.link(page + 1) if page < pages else "",
    )


def _masked(customer: Customer) -> str:
    return mask_phone(customer.phone) if customer.phone else ""
