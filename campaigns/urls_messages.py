"""The owner's pages of messaging campaigns, below /admin/messages/: the list, the wizard, and one campaign."""

from django.urls import path

from campaigns.urls import campaign_routes
from campaigns.views import messages, wizard, wizard_content, wizard_customers, wizard_schedule
from campaigns.views.message_access import of_own_places
from tenants.services import owner_required

STEPS = {
    1: wizard.info,
    2: wizard.places,
    3: wizard.channels,
    4: wizard_customers.customers,
    5: wizard_content.content,
    6: wizard_schedule.schedule,
}

urlpatterns = [
    path("", owner_required(messages.overview), name="messages"),
    path("new/", owner_required(wizard.new), name="messages-new"),
    path("<int:campaign_id>/edit/", of_own_places(wizard.resume), name="messages-edit"),
    *(path(f"<int:campaign_id>/edit/{step}/", of_own_places(view), name=f"messages-step-{step}") for step, view in STEPS.items()),
    *campaign_routes(messages.KIND, messages.campaign_page, may_look=of_own_places, may_act=of_own_places),
]
