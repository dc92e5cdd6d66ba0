"""Render pages that need no script, under a strict Content-Security-Policy."""

from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mlmon_shared.errors import UnsupportedMediaTypeError

UI_FOLDER: Final = Path(__file__).parents[1] / "ui"
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_FIELDS_LIMIT: Final = 20
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    # Not no-referrer: browsers would send no Origin with forms then.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(UI_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)


def render(
    template: str, *, status: int = 200, title: str, error: str = "", **facts: object
) -> Response:
    """Return a page.

    Args:
        template: Its file.
        status: Of the answer.
        title: Of the page.
        error: What went wrong, as a sentence.
        **facts: What else the template shows; all of it is escaped.
    """
    sentence = f"{error[:1].upper()}{error[1:]}." if error else ""
    content = _ENVIRONMENT.get_template(template).render(title=title, error=sentence, **facts)
    return HTMLResponse(content, status_code=status, headers=HEADERS)


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of those with the same name.

    Raises:
        UnsupportedMediaTypeError: It is no form.
    """
    media_type = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if media_type != _FORM_TYPE:
        raise UnsupportedMediaTypeError(f"send the form as {_FORM_TYPE}")
    body = (await request.body()).decode(errors="replace")
    try:
        fields = parse_qs(body, keep_blank_values=True, max_num_fields=_FIELDS_LIMIT)
    except ValueError as error:
        raise UnsupportedMediaTypeError("the form has too many fields") from error
    return {name: values[-1].replace("\0", "") for name, values in fields.items()}
