"""Write `mlmon.generated`, the SDK's low-level client, anew: `./run sdk`.

The document is that of `./run openapi`, without what no data scientist calls and in the
words that openapi-python-client understands.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mlmon_standalone.openapi import read_merged_document

HERE: Final = Path(__file__).parent
TARGET: Final = HERE.parent / "src" / "mlmon" / "generated"

_LEFT_OUT: Final = ("/agent/", "/internal/", "/metrics", "/v1/snapshot")
"""Beginnings of paths: the protocol of agents, and what services ask each other."""
_STREAMED: Final = {"import_clients", "read_logs", "download_artifact"}
"""Operations on text, lines or bytes of any size: the facade streams them."""
_SCHEMA_REFERENCE: Final = "#/components/schemas/"
_JSON: Final = "application/json"


def prepare(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document as the generator is given it; the one passed is changed.

    - Paths that are left out go, with the schemas that only they name.
    - Problems go: the connection raises them, as the errors of `mlmon.errors`.
    - Where a body is taken as JSON, other types of it go: YAML says the same.
    - Titles of fields go, so that two models may each have, say, `labels`.
    - An object with one pattern for its keys becomes an object with free keys.
    """
    document["paths"] = {
        path: operations
        for path, operations in document["paths"].items()
        if not path.startswith(_LEFT_OUT)
    }
    for operations in document["paths"].values():
        for method, operation in list(operations.items()):
            if operation["operationId"] in _STREAMED:
                del operations[method]
            operation["responses"] = {
                status: response
                for status, response in operation["responses"].items()
                if status.startswith("2")
            }
            content = operation.get("requestBody", {}).get("content", {})
            if _JSON in content:
                operation["requestBody"]["content"] = {_JSON: content[_JSON]}
    schemas = document["components"]["schemas"]
    used = _reachable(document["paths"], schemas)
    schemas = {name: schema for name, schema in schemas.items() if name in used}
    document["components"]["schemas"] = schemas
    for found in _objects_in([document["paths"], *schemas.values()]):
        _simplify(found)
    for name, schema in schemas.items():
        schema["title"] = name
    return document


def _simplify(schema: dict[str, Any]) -> None:
    if isinstance(schema.get("title"), str):
        del schema["title"]
    patterns = schema.get("patternProperties")
    if isinstance(patterns, dict) and len(patterns) == 1 and "properties" not in schema:
        del schema["patternProperties"]
        (schema["additionalProperties"],) = patterns.values()


def _objects_in(value: dict[str, Any] | list[Any]) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value:
        if isinstance(part, dict | list):
            yield from _objects_in(part)


def _reachable(paths: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting: list[dict[str, Any]] = [paths]
    while waiting:
        for part in _objects_in(waiting.pop()):
            name = str(part.get("$ref", "")).removeprefix(_SCHEMA_REFERENCE)
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return found


def generate(target: Path) -> None:
    """Write the package to a folder; what was there is replaced.

    Raises:
        SystemExit: The generator warns, so a route or a model would be missing.
    """
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "openapi.json"
        document.write_text(json.dumps(prepare(read_merged_document())))
        made = Path(folder) / "generated"
        tools = Path(sys.prefix)
        done = subprocess.run(  # noqa: S603 - a tool of our own lock
            [
                tools / "generator" / "bin" / "openapi-python-client",
                *("generate", "--meta", "none", "--fail-on-warning"),
                *("--path", document, "--config", HERE / "config.yaml", "--output-path", made),
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise SystemExit(f"the generator is not content:\n{done.stdout}{done.stderr}")
        subprocess.run(  # noqa: S603 - as above
            [
                tools / "bin" / "ruff",
                "format",
                "--quiet",
                "--isolated",
                "--line-length",
                "100",
                made,
            ],
            check=True,
        )
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)


def main() -> None:
    """Write the package to where it belongs, or elsewhere to compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=TARGET, help="folder of the package")
    generate(parser.parse_args().output)


if __name__ == "__main__":
    main()
