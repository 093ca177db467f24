"""What every record of ours does in the admin."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.options import Options
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from servicepro.lib.phone import Phone, parse_phone


class RecordAdmin(ModelAdmin):
    """A record's pages; one that does not exist here, or is somebody else's, is not found."""

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Options[Model], object_id: str) -> HttpResponse:
        raise Http404(f"There is no {opts.verbose_name} {object_id} here.")


class ReadOnlyAdmin(RecordAdmin):
    """Records to find and read: they are written by what happened, and what happened stays."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: nobody types them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: nobody rewrites them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: nobody removes them."""
        return False


class PeopleAdmin(RecordAdmin):
    """Records of people: found by a whole phone number too, and every look at them written down.

    Subclasses say in which field the number stands, how numbers are written here, and where looks are written down.
    """

    phone_field = "phone"

    def phone_region(self) -> str:
        """Return the ISO country whose way of writing numbers is understood; subclasses override this one."""
        raise NotImplementedError

    def record_list(self, request: HttpRequest, how_many: int) -> None:
        """Write down that a page of the list showed so many people; subclasses override this one."""
        raise NotImplementedError

    def record_look(self, request: HttpRequest, obj: Any) -> None:
        """Write down who looks at one record; subclasses override this one."""
        raise NotImplementedError

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """Find by the fields to search in, and by a whole phone number written any way."""
        found, has_duplicates = super().get_search_results(request, queryset, search_term)
        parsed = parse_phone(search_term, self.phone_region())
        return (found | queryset.filter(**{self.phone_field: parsed.e164}), True) if isinstance(parsed, Phone) else (found, has_duplicates)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show a page of the list, recorded."""
        response = super().changelist_view(request, extra_context)
        if request.method == "GET" and isinstance(response, TemplateResponse) and response.context_data:
            self.record_list(request, len(response.context_data["cl"].result_list))
        return response

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any) -> HttpResponse:
        """Show one record, recorded."""
        if obj is not None and request.method == "GET":
            self.record_look(request, obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)
