"""Twilio's registration endpoints: TrustHub, brands, messaging services, campaigns, addresses and phone numbers."""

from servicepro.simulator.compliance_brands import Brands
from servicepro.simulator.compliance_campaigns import Campaigns
from servicepro.simulator.compliance_numbers import Numbers
from servicepro.simulator.compliance_review import Reviews
from servicepro.simulator.compliance_services import Services
from servicepro.simulator.compliance_trusthub import TrustHub
from servicepro.simulator.compliance_wire import Call, Refused, missing
from servicepro.simulator.faults import Faults
from servicepro.simulator.removal import LOST_ANSWERS, lose_answer, misbehave
from servicepro.simulator.server import Reply, Request
from servicepro.simulator.store import ACCOUNT_SID, AUTH_TOKEN, Store
from servicepro.simulator.twilio_api import error

_OLD = f"/api/2010-04-01/Accounts/{ACCOUNT_SID}/"
_OLD_KINDS = ("Addresses", "IncomingPhoneNumbers", "AvailablePhoneNumbers")


class ComplianceApi:
    """Answer all of them."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self.store, self.faults = store, faults
        self.reviews = Reviews(store)
        self.trusthub = TrustHub(store, self.reviews)
        self.brands = Brands(store, self.reviews)
        self.numbers = Numbers(store, self.reviews)
        self.services = Services(store, self.reviews, self.numbers)
        self.campaigns = Campaigns(store, self.reviews)

    def is_addressed(self, path: str) -> bool:
        """Tell whether a path is one of these endpoints'."""
        if path.startswith(("/trusthub/v1/", "/messaging/v1/")):
            return True
        return path.startswith(_OLD) and path.removeprefix(_OLD).startswith(_OLD_KINDS)

    def answer(self, request: Request) -> Reply:
        """Answer one request."""
        if request.basic_auth() != (ACCOUNT_SID, AUTH_TOKEN):
            return error(401, 20003, "Authenticate")
        fault = self.faults.pick("twilio", f"{request.method} {request.path}")
        if fault and fault not in LOST_ANSWERS:
            return misbehave(fault, self.faults, error)
        self.reviews.settle()
        try:
            reply = self.route(request)
        except Refused as refused:
            reply = refused.reply
        except UnicodeDecodeError:
            reply = error(400, 20001, "The request is not text")
        reply.delay_seconds = self.faults.latency_seconds()
        return lose_answer(reply, fault, self.faults) if fault else reply

    def route(self, request: Request) -> Reply:
        """Hand a request to whom it is for. Raises Refused."""
        if request.path.startswith("/trusthub/v1/"):
            return self.trusthub.answer(Call(request, "trusthub", "v1", _parts(request.path, "/trusthub/v1/")))
        if request.path.startswith(_OLD):
            return self.numbers.answer(Call(request, "api", "2010-04-01", _parts(request.path.removesuffix(".json"), _OLD)))
        call = Call(request, "messaging", "v1", _parts(request.path, "/messaging/v1/"))
        if call.parts[:2] == ["a2p", "BrandRegistrations"]:
            return self.brands.answer(call)
        if call.parts[0] == "Services":
            if call.parts[2:4] == ["Compliance", "Usa2p"]:
                return self.campaigns.answer(call, self.services.find(call.parts[1]))
            return self.services.answer(call)
        raise missing(request.path)


def _parts(path: str, prefix: str) -> list[str]:
    return path.removeprefix(prefix).rstrip("/").split("/")
