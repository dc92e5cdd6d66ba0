"""The one form in which a document is stored, compared and shown."""

import json
from typing import Any, Final

from pydantic import BaseModel

from mlmon_shared.document_diffs import diff_data

_FREE: Final = {
    ("environment",),
    ("secrets",),
    ("labels",),
    ("parameters",),
    ("requires", "labels"),
    ("concurrency", "resources"),
    ("takes", "job_labels"),
}
"""Where the user named the keys."""


def canonical_document(model: BaseModel) -> dict[str, Any]:
    """Return the model as JSON data that equal content always gives alike.

    Fields stand in the model's order; what the user named freely (parameters, labels, named
    resources, environment) is sorted, because jsonb keeps no order; whole numbers are integers,
    because jsonb does not keep the difference.
    """
    document = model.model_dump(mode="json", by_alias=True)
    return {name: _canonical(value, (name,)) for name, value in document.items()}


def is_same_document(one: BaseModel, other: BaseModel) -> bool:
    """Say whether two models have the same content."""
    # Python takes True for 1; their JSON differs.
    return json.dumps(canonical_document(one)) == json.dumps(canonical_document(other))


def diff_documents(old: BaseModel | None, new: BaseModel, *, old_title: str, new_title: str) -> str:
    """Return the unified diff of the canonical YAML; empty when nothing changed."""
    return diff_data(
        canonical_document(old) if old is not None else None,
        canonical_document(new),
        old_title=old_title,
        new_title=new_title,
    )


def in_order_of(model: Any, document: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    """Return the document with its fields as they stand in another, so that a diff shows no more.

    The audit's documents come out of jsonb, which has an order of its own.
    """
    if isinstance(model, dict) and isinstance(document, dict):
        names = [name for name in model if name in document]
        names += [name for name in document if name not in model]
        return {name: in_order_of(model.get(name), document[name]) for name in names}
    if isinstance(model, list) and isinstance(document, list):
        models = [*model, *[None] * len(document)]
        return [in_order_of(*pair) for pair in zip(models, document, strict=False)]
    return document


def _canonical(value: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - JSON of any kind
    if isinstance(value, dict):
        is_free = any(path[: len(free)] == free for free in _FREE)
        return {
            key: _canonical(value[key], (*path, key))
            for key in (sorted(value) if is_free else value)
        }
    if isinstance(value, list):
        return [_canonical(item, path) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
