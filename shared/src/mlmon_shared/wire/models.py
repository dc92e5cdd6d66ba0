"""The two kinds of wire model: one refuses unknown fields, the other ignores them."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """What people write: an unknown field is a mistake and is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WireModel(BaseModel):
    """What programs exchange: unknown fields are ignored, so that versions may differ by one."""

    model_config = ConfigDict(extra="ignore", frozen=True)
