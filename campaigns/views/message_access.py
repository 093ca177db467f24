"""Who may open the pages of a messaging campaign: the owners who look after all of its places."""

from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from campaigns.messaging_rows import messaging_by_id
from servicepro.lib.admin_pages import View, get_or_404
from tenants.selectors import signed_in_user
from tenants.services import owner_required


def of_own_places(view: View) -> View:
    """Let owners pass to a campaign to customers of their places; one to those of a place of others is none to them (404)."""

    @wraps(view)
    def checked(request: HttpRequest, campaign_id: int, **named: Any) -> HttpResponseBase:
        get_or_404(messaging_by_id, campaign_id, signed_in_user(request))
        return view(request, campaign_id=campaign_id, **named)

    return owner_required(checked)
