"""Who may look at appointments, and who may change them."""

from django.http import HttpRequest

from servicepro.lib.admin_pages import View, guarded

MAY_LOOK, MAY_CHANGE, MAY_SEE_PEOPLE = "bookings.view_booking", "bookings.change_booking", "customers.view_customer"


def bookings_access(view: View, *, to_change: bool = False) -> View:
    """Let pass whose role may look at appointments, or change them where that is what the page is for or what is sent; others are
    refused, strangers sent to the sign-in page."""

    def may_open(request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_CHANGE if to_change or request.method == "POST" else MAY_LOOK)

    return guarded(view, may_open, refusal="tenants/owners_only.html")
