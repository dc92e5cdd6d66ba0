"""Read clients from a request: rows of CSV or lines of JSON."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from mlmon_config_api.domain.client_rows import check_rows, read_csv, read_lines
from mlmon_shared.errors import InvalidRequestError, UnsupportedMediaTypeError
from mlmon_shared.wire.catalog import Client

IMPORT_PATH: Final = "/v1/clients/import"
CSV_TYPE: Final = "text/csv"
LINES_TYPE: Final = "application/x-ndjson"
BODY_LIMIT: Final = 16 * 2**20
_TEXT: Final = {"schema": {"type": "string"}}
CLIENT_ROWS_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {CSV_TYPE: _TEXT, LINES_TYPE: _TEXT}}
}


async def read_client_rows(request: Request) -> list[Client]:
    """Return the clients in a body, by its Content-Type.

    Raises:
        UnsupportedMediaTypeError: It is neither CSV nor lines of JSON.
        InvalidRequestError: With every row that is wrong.
    """
    given = request.headers.get("content-type", "")
    media_type = given.partition(";")[0].strip().lower()
    if media_type not in (CSV_TYPE, LINES_TYPE):
        raise UnsupportedMediaTypeError(
            f'the Content-Type is "{given[:80]}"; send {CSV_TYPE} or {LINES_TYPE}, in UTF-8'
        )
    body = await request.body()
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        before = body[: error.start]
        line = before.count(b"\n") + 1
        byte = error.start - before.rfind(b"\n")
        raise InvalidRequestError.at("", f"line {line}, byte {byte}: not UTF-8") from error
    # Thousands of rows take a while; others are served meanwhile.
    table = await asyncio.to_thread(read_csv if media_type == CSV_TYPE else read_lines, text)
    return await asyncio.to_thread(check_rows, table)


ClientRowsDep = Annotated[list[Client], Depends(read_client_rows)]
