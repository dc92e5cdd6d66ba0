"""The two kinds of wire model: one refuses unknown fields, the other ignores them."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict

ModelT = TypeVar("ModelT", bound=BaseModel)


class StrictModel(BaseModel):
    """What people write: an unknown field is a mistake and is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WireModel(BaseModel):
    """What programs exchange: unknown fields are ignored, so that versions may differ by one."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def read_json(model: type[ModelT], content: str | bytes) -> ModelT:
    """Return what another program of ours wrote, without fields that this one does not know.

    That is also what people wrote, such as definitions: the program that took it has checked it,
    and may be a version ahead.

    Raises:
        pydantic.ValidationError: It is something else.
    """
    return model.model_validate_json(content, extra="ignore")
