"""What every record of ours does in the admin."""

from __future__ import annotations

from django.db.models import Model
from django.db.models.options import Options
from django.http import Http404, HttpRequest, HttpResponse
from unfold.admin import ModelAdmin


class RecordAdmin(ModelAdmin):
    """A record's pages; one that does not exist here, or is somebody else's, is not found."""

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Options[Model], object_id: str) -> HttpResponse:
        raise Http404(f"There is no {opts.verbose_name} {object_id} here.")
