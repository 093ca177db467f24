"""What stands in the addresses of the messaging API, and who may ask."""

from typing import Annotated, Any, Literal

from ninja import Header, Path, Query

from servicepro.lib.api_schema import PAGE_ROWS_MAX
from tenants.services import api_access
from tenants.types import ApiScope

READ, WRITE = api_access(ApiScope.CAMPAIGNS_READ), api_access(ApiScope.CAMPAIGNS_WRITE)
PEOPLE = api_access(ApiScope.CUSTOMERS_READ)  # names and addresses, where a key for campaigns sees numbers alone
CampaignId = Annotated[int, Path(alias="campaignId", description="the campaign", examples=[12])]
RecipientId = Annotated[int, Path(alias="recipientId", description="the person's row in this campaign", examples=[7001])]
Page = Annotated[int, Query(ge=1, le=100_000, description="from 1; beyond the last it is the last", examples=[1])]
Limit = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX, description="rows a page, at most 100", examples=[50])]
PlaceIds = Annotated[
    list[int], Query(alias="placeIds", min_length=1, max_length=500, description="whose customers; only your places", examples=[[1]])
]
InCampaign = Annotated[int | None, Query(alias="campaignId", description="whose ticks isSelected tells of", examples=[12])]
OfStatus = Annotated[Literal["all", "pending", "sent", "failed", "skipped"], Query(description="who stands there", examples=["failed"])]

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=120,
        description="your own name for this wish: sent again with the same one, the same campaign comes back and nothing is sent twice",
        examples=["7f9c24e8-3b12-4f7a-9a51-2f0f6f2f8a11"],
    ),
]


def example_body(example: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI part that shows what an operation may be sent."""
    return {"requestBody": {"content": {"application/json": {"example": example}}}}
