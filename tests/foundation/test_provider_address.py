"""Where requests to the provider go."""

import pytest

from servicepro.lib.provider_address import provider_address


@pytest.mark.parametrize(
    ("base", "url", "address"),
    [
        ("", "https://trusthub.twilio.com/v1/EndUsers?PageSize=50", "https://trusthub.twilio.com/v1/EndUsers?PageSize=50"),
        (
            "http://127.0.0.1:8010/",
            "https://trusthub.twilio.com/v1/EndUsers?PageSize=50",
            "http://127.0.0.1:8010/trusthub/v1/EndUsers?PageSize=50",
        ),
        ("http://127.0.0.1:8010", "https://messaging.twilio.com/v1/Services", "http://127.0.0.1:8010/messaging/v1/Services"),
    ],
)
def test_another_server_has_each_product_under_its_own_path(base: str, url: str, address: str) -> None:
    assert provider_address(base, url) == address
