"""The one shape of every failure (RFC 9457)."""

from pydantic import BaseModel, ConfigDict, Field


class FieldError(BaseModel):
    field: str = Field(description="Name of the input, dotted for nested ones.")
    code: str = Field(description="Stable name of the rule that was broken.")
    message: str = Field(description="What is wrong and how to mend it, in Chinese.")


class Problem(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: str = Field("about:blank", description="Stable slug, such as /problems/wrong-credentials.")
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    request_id: str = ""
    errors: list[FieldError] | None = None
