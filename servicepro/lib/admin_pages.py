"""Pages of ours inside the admin: who may open them, the frame they stand in, and what came of a button said above them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string

from servicepro.lib.errors import NotFound, ServiceProError

_Asked = ParamSpec("_Asked")
_Found = TypeVar("_Found")
View = Callable[..., HttpResponseBase]


def guarded(view: View, may_open: Callable[[HttpRequest], bool], *, refusal: str) -> View:
    """Let pass whom `may_open` lets; send strangers to the sign-in page, and tell others by the template `refusal` (403)."""

    @wraps(view)
    def checked(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), "/admin/login/")
        if not may_open(request):
            return HttpResponse(render_to_string(refusal), status=403)
        return view(request, *arguments, **named)

    return checked


def admin_page(request: HttpRequest, template: str, title: str, *, status_code: int = 200, **context: Any) -> HttpResponse:
    """Render a template in the admin's frame, under `title`."""
    return render(request, template, {**admin.site.each_context(request), "title": title, **context}, status=status_code)


def get_or_404(find: Callable[_Asked, _Found], *asked: _Asked.args, **named: _Asked.kwargs) -> _Found:
    """Return what `find` finds. Raises Http404 where it raises NotFound."""
    try:
        return find(*asked, **named)
    except NotFound as error:
        raise Http404(error.message) from error


def attempt(request: HttpRequest, act: Callable[[], Any], done: str) -> Any:
    """Do it, say so, and return what came of it (True for nothing); an expected error is said instead, and None returned.

    Raises Http404 where what it is done to does not exist.
    """
    try:
        result = get_or_404(act)
    except ServiceProError as error:
        messages.error(request, error.message)
        return None
    messages.success(request, done)
    return True if result is None else result
