"""What every part of the JSON API shares: names in camelCase, one shape for a page of rows, one for everything that goes wrong."""

from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

PAGE_ROWS_MAX = 100


class ApiSchema(Schema):
    """A body of the API: snake_case here, camelCase outside; unknown names are refused rather than ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Problem(ApiSchema):
    """What went wrong, for a program (error) and for a person (message)."""

    error: str = Field(examples=["NOT_FOUND"], description="a stable code")
    message: str = Field(examples=["There is no such import."], description="what happened and what to do, to be shown to people")
    details: dict[str, Any] | None = Field(default=None, description="numbers and names that belong to the message")
    request_id: str = Field(examples=["6f1c2a34-5a3e-4f2b-9d0e-3b1f0a6c7d55"], description="name this when you ask us for help")


_MEANINGS = {
    400: "What was sent cannot be used",
    401: "Nobody is signed in and no valid key was sent",
    403: "The caller may not do that",
    404: "There is no such thing in this business",
    409: "It cannot be done in the present state",
    413: "More was sent than is taken at once",
    415: "The file is of a kind that is not read",
    422: "The file is damaged, empty or locked",
    429: "Asked too often; the header Retry-After says how many seconds to wait",
    500: "Our fault",
    502: "The provider refused or could not be reached; it is recorded, and the message says what to do",
    503: "Something this needs is away for the moment; try again",
}
_ALWAYS = (400, 401, 403, 429, 500)


def documented(
    example: Any, *problems: int, status: int = 200, media_type: str = "application/json", own_problems: dict[int, Any] | None = None
) -> dict[str, Any]:
    """Return the OpenAPI part of an operation: what a good answer (`status`) looks like, and its `problems` besides the usual ones.

    `own_problems` holds the OpenAPI part of those problems that have a shape of their own.
    """
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    responses: dict[int, Any] = {
        code: {"description": _MEANINGS[code], "content": {"application/json": reference}} for code in sorted({*_ALWAYS, *problems})
    }
    responses |= own_problems or {}
    responses[status] = {"content": {media_type: {"example": example}}}
    return {"responses": responses}
