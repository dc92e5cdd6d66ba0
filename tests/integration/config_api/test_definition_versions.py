import httpx
import pytest

from .conftest import a_definition, apply

VERSIONS = "/v1/job-definitions/delay-train/versions"


@pytest.fixture
async def three(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """A job with three versions."""
    for priority in (1, 2, 3):
        await apply(api, a_definition(priority=priority))
    return api


async def test_any_two_versions_are_compared(three: httpx.AsyncClient) -> None:
    found = (await three.get(f"{VERSIONS}/3/diff", params={"with": 1})).json()

    assert "--- delay-train v1\n+++ delay-train v3\n" in found["diff"]
    assert "-priority: 1\n+priority: 3\n" in found["diff"]
    assert [found[side]["version"] for side in ("old", "new")] == [1, 3]
    assert {found[side]["created_by"] for side in ("old", "new")} == {"bootstrap-admin"}


async def test_version_does_not_differ_from_itself(three: httpx.AsyncClient) -> None:
    found = (await three.get(f"{VERSIONS}/2/diff", params={"with": 2})).json()

    assert found["diff"] == ""


@pytest.mark.parametrize(
    ("version", "other", "status"), [(3, 9, 404), (9, 1, 404), (3, "x", 422), (3, None, 422)]
)
async def test_version_that_does_not_exist_is_not_compared(
    three: httpx.AsyncClient, version: int, other: object, status: int
) -> None:
    params = {} if other is None else {"with": str(other)}

    response = await three.get(f"{VERSIONS}/{version}/diff", params=params)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
