"""Read a request's body as a document: by its Content-Type, strictly."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from pydantic import BaseModel

from mlmon_config_api.api.json_documents import load_json
from mlmon_shared.errors import InvalidRequestError, UnsupportedMediaTypeError
from mlmon_shared.yaml_documents import load_document

JSON_TYPE: Final = "application/json"
YAML_TYPES: Final = ("application/yaml", "application/x-yaml", "text/yaml")
MEDIA_TYPES: Final = (JSON_TYPE, *YAML_TYPES)
_LONG: Final = 256 * 1024
"""Bytes."""
_CHARSETS: Final = {"utf-8", "utf8"}


async def read_body(request: Request) -> object:
    """Return the body's value, decoded by its Content-Type.

    Raises:
        UnsupportedMediaTypeError: It is neither JSON nor YAML in UTF-8.
        InvalidRequestError: It is malformed.
    """
    media_type = _media_type(request.headers.get("content-type", ""))
    body = await request.body()
    if media_type == JSON_TYPE:
        # Thousands of things take a while; others are served meanwhile.
        is_long = len(body) > _LONG
        return await asyncio.to_thread(load_json, body) if is_long else load_json(body)
    document = load_document(body, size_limit=len(body))
    if document is None:
        raise InvalidRequestError.at("", "the document is empty")
    return document


# A route declares it behind its `require(…)`: nobody's body is read before they may send it.
BodyDep = Annotated[object, Depends(read_body)]


def request_body(model: type[BaseModel], *, is_component: bool = True) -> dict[str, Any]:
    """Return `openapi_extra=` for a route that reads this model by `BodyDep`.

    Args:
        model: What the body holds.
        is_component: Whether the OpenAPI document has it among its schemas, because some
            answer contains it.
    """
    if is_component:
        schema: dict[str, Any] = {"$ref": f"#/components/schemas/{model.__name__}"}
    else:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
    content = {media_type: {"schema": schema} for media_type in MEDIA_TYPES}
    return {"requestBody": {"required": True, "content": content}}


def _media_type(header: str) -> str:
    media_type, *parameters = (part.strip().lower() for part in header.split(";"))
    charsets = [
        parameter.removeprefix("charset=").strip('"')
        for parameter in parameters
        if parameter.startswith("charset=")
    ]
    if media_type not in MEDIA_TYPES or any(charset not in _CHARSETS for charset in charsets):
        given = f'"{header[:80]}"' if header else "none"
        raise UnsupportedMediaTypeError(
            f"the Content-Type is {given}; send {', '.join(MEDIA_TYPES)}, in UTF-8"
        )
    return media_type
