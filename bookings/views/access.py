"""Who may look at appointments, and who may change them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

MAY_LOOK, MAY_CHANGE, MAY_SEE_PEOPLE = "bookings.view_booking", "bookings.change_booking", "customers.view_customer"


def bookings_access(view: Callable[..., HttpResponseBase], *, to_change: bool = False) -> Callable[..., HttpResponseBase]:
    """Let pass whose role may look at appointments, or change them where that is what the page is for or what is sent; others are
    refused, strangers sent to the sign-in page."""

    @wraps(view)
    def checked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), "/admin/login/")
        if not request.user.has_perm(MAY_CHANGE if to_change or request.method == "POST" else MAY_LOOK):
            return HttpResponse(render_to_string("tenants/owners_only.html"), status=403)
        return view(request, *arguments, **named)

    return checked
