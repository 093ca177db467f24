"""The kinds of campaign: a kind is one module and one line here."""

from campaigns.kinds.base import Kind
from campaigns.kinds.invitation import Invitation
from campaigns.kinds.messaging import Messaging
from campaigns.kinds.port_recovery import PortRecovery

KINDS: dict[str, Kind] = {kind.name: kind for kind in (PortRecovery(), Invitation(), Messaging())}
