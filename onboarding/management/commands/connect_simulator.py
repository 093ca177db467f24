"""Introduce the businesses to the local simulator."""

from typing import Any

from onboarding.services import connect_simulator
from servicepro.lib.commands import ServiceCommand
from servicepro.lib.errors import Unavailable


class Command(ServiceCommand):
    """Tell the simulator where callbacks go."""

    help = "Tell the local simulator where each business wants its incoming texts and email events."

    def run(self, **options: Any) -> None:
        """Tell it."""
        if not connect_simulator():
            raise Unavailable("The simulator does not answer; start it with make run.")
        self.stdout.write("The simulator knows where to call back.")
