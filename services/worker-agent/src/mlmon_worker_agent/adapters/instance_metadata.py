"""What the metadata service of an EC2 instance (IMDSv2) says: its end, and which one it is."""

import json
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

import httpx

from mlmon_shared.errors import ServerUnreachableError
from mlmon_worker_agent.domain.host_notices import HostNotice, NoticeKind

_TOKEN_SECONDS: Final = 6 * 3600
_TIMEOUT_SECONDS: Final = 2.0
_TOKEN_PATH: Final = "/latest/api/token"  # noqa: S105 - where it is had
_SPOT_PATH: Final = "/latest/meta-data/spot/instance-action"
_LIFECYCLE_PATH: Final = "/latest/meta-data/autoscaling/target-lifecycle-state"
_REBALANCE_PATH: Final = "/latest/meta-data/events/recommendations/rebalance"
_DOCUMENT_PATH: Final = "/latest/dynamic/instance-identity/document"
_SIGNATURE_PATH: Final = "/latest/dynamic/instance-identity/signature"


class InstanceMetadata:
    """Asks the metadata service; to be entered and left.

    Args:
        url: Of the service, without a path.
    """

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=_TIMEOUT_SECONDS,
            # It is on the instance itself; no proxy knows it.
            trust_env=False,
        )
        self._token = ""

    async def __aenter__(self) -> Self:
        """Open it."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def find_notice(self) -> HostNotice | None:
        """Return the gravest notice that there is.

        Raises:
            ServerUnreachableError: The service cannot be asked, or says what is not understood.
        """
        try:
            if (said := await self._read(_SPOT_PATH)) is not None:
                return HostNotice(NoticeKind.INTERRUPTION, _read_time(said))
            if (said := await self._read(_LIFECYCLE_PATH)) is not None and said == "Terminated":
                return HostNotice(NoticeKind.TERMINATION)
            if await self._read(_REBALANCE_PATH) is not None:
                return HostNotice(NoticeKind.REBALANCE)
        except httpx.HTTPError as error:
            raise _unreadable(error) from error
        return None

    async def read_identity(self) -> tuple[str, str]:
        """Return the identity document, to the byte as it is signed, and its signature.

        Raises:
            ServerUnreachableError: The service cannot be asked, or knows of no identity.
        """
        try:
            document = await self._fetch(_DOCUMENT_PATH)
            signature = await self._read(_SIGNATURE_PATH)
            if document is None or signature is None:
                raise ServerUnreachableError("the instance's metadata has no identity document")
            return document.content.decode(), signature
        except (httpx.HTTPError, UnicodeDecodeError) as error:
            raise _unreadable(error) from error

    async def _read(self, path: str) -> str | None:
        """Return what stands at a path; None where nothing does."""
        found = await self._fetch(path)
        return found.text.strip() if found is not None else None

    async def _fetch(self, path: str) -> httpx.Response | None:
        answer = await self._ask(path)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # The token has come to its end.
            self._token = ""
            answer = await self._ask(path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return answer.raise_for_status()

    async def _ask(self, path: str) -> httpx.Response:
        if not self._token:
            wanted = {"X-aws-ec2-metadata-token-ttl-seconds": str(_TOKEN_SECONDS)}
            answer = await self._client.put(_TOKEN_PATH, headers=wanted)
            answer.raise_for_status()
            self._token = answer.text.strip()
        return await self._client.get(path, headers={"X-aws-ec2-metadata-token": self._token})


def _unreadable(error: Exception) -> ServerUnreachableError:
    why = str(error) or type(error).__name__
    return ServerUnreachableError(f"the instance's metadata cannot be read: {why}")


def _read_time(said: str) -> datetime | None:
    """Return when the instance is taken back; that it is, is the news, whatever else is said."""
    try:
        document: Any = json.loads(said)
        at = datetime.fromisoformat(document["time"])
    except (ValueError, KeyError, TypeError):
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
