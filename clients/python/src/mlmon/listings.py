"""Lists of documents that notebooks show as tables."""

from typing import Any, TypeVar

from pydantic import BaseModel

from mlmon.records import Records

DocumentT = TypeVar("DocumentT", bound=BaseModel)


class Listing(list[DocumentT]):
    """A list of documents; a notebook shows their plain fields, one document a row."""

    def _repr_html_(self) -> str:
        return Records(_plain_fields(each) for each in self)._repr_html_()


def _plain_fields(document: BaseModel) -> dict[str, Any]:
    fields = document.model_dump(mode="json", by_alias=True)
    return {
        name: value
        for name, value in fields.items()
        if value is not None and not isinstance(value, dict | list)
    }
