"""The owner's pages for the keys of the API."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from servicepro.lib.admin_pages import admin_page, get_or_404
from servicepro.lib.errors import ServiceProError
from tenants.accounts.models import ApiToken
from tenants.errors import BadToken
from tenants.selectors import api_tokens, current_tenant, signed_in_user
from tenants.services import create_api_token, revoke_api_token
from tenants.types import ApiScope


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def api_keys(request: HttpRequest) -> HttpResponse:
    """Show the keys, and make one; its text is in this answer alone."""
    made: tuple[ApiToken, str] | None = None
    problem = ""
    if request.method == "POST":
        try:
            made = create_api_token(
                actor=signed_in_user(request),
                name=request.POST.get("name", ""),
                scopes=request.POST.getlist("scopes"),
                expires_at=_last_moment(request.POST.get("last_day", "")),
            )
        except ServiceProError as error:
            problem = error.message
    return admin_page(
        request,
        "tenants/api_keys.html",
        "API keys",
        status_code=400 if problem else 200,
        keys=api_tokens(),
        now=timezone.now(),
        made=made,
        problem=problem,
        typed=request.POST if problem else {},
        chosen=request.POST.getlist("scopes") if problem else [],
        scopes=list(ApiScope),
    )


def _last_moment(text: str) -> datetime | None:
    """Return the end of a day on the business's clock. Raises BadToken."""
    if not text.strip():
        return None
    try:
        day = parse_date(text.strip())
    except ValueError as error:
        raise BadToken("There is no such day.") from error
    if day is None:
        raise BadToken("Write the last day like 2027-12-31.")
    return timezone.make_aware(datetime.combine(day, time.min), ZoneInfo(current_tenant().time_zone)) + timedelta(days=1)


@require_POST
def revoke_api_key(request: HttpRequest, token_id: int) -> HttpResponse:
    """Shut a key for good."""
    revoked = get_or_404(revoke_api_token, actor=signed_in_user(request), token_id=token_id)
    messages.success(request, f"The key “{revoked.name}” is revoked. Programs that use it are refused from now on.")
    return redirect("api-keys")
