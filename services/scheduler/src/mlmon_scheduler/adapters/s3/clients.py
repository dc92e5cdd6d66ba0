"""Ask S3, or what speaks as it does, by the optional boto3."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar

from mlmon_shared.clocks import Clock
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.wire.agent_protocol import TransferGrant

T = TypeVar("T")
_CONNECT_SECONDS: Final = 3
_READ_SECONDS: Final = 20
_TRIES: Final = 3
_CALLS_AT_ONCE: Final = 16
_BY_CLIENTS: Final = {"host", "content-length"}
"""Headers that whoever sends a file sets by itself."""


class S3ProblemError(Exception):
    """S3 did not do what it was asked.

    Args:
        detail: Its code and message.
        status: Of its answer; 0 without one.
        code: Its own word for it.
    """

    def __init__(self, detail: str, *, status: int = 0, code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.code = code


class S3Client:
    """Calls S3; credentials come from where boto3 looks for them.

    Args:
        clock: For the expiry of what is signed.
        region: As boto3 finds it when left out.
        endpoint_url: Of something that stands in for AWS.
    """

    def __init__(
        self, clock: Clock, *, region: str | None = None, endpoint_url: str | None = None
    ) -> None:
        self._clock = clock
        self._region = region
        self._endpoint_url = endpoint_url
        self._caller: Any = None
        # Another one: what is to be signed is told apart from what is sent by who does it.
        self._signer: Any = None
        self._making = threading.Lock()
        self._signing = threading.Lock()
        # Calls that wait for S3 must not take up the threads that everything else shares.
        self._threads = ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="s3")

    @staticmethod
    def check_installed(setting: str) -> None:
        """Raise unless boto3 is there.

        Raises:
            ConfigurationError: It is not.
        """
        try:
            import boto3  # noqa: F401, PLC0415 - an optional dependency
        except ImportError as error:
            raise ConfigurationError(
                f"{setting} needs boto3: pip install 'mlmon-scheduler[s3]'"
            ) from error

    def close(self) -> None:
        """Let go of threads and connections; a call that goes on is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for made in (self._caller, self._signer):
            if made is not None:
                made.close()

    async def call(
        self,
        operation: str,
        **arguments: Any,  # noqa: ANN401 - boto3's
    ) -> dict[str, Any]:
        """Return the answer to one operation, as boto3 has it.

        Raises:
            S3ProblemError: There is none.
        """

        def ask() -> dict[str, Any]:
            with self._making:
                caller = self._caller = self._caller or self._make()
            answer: dict[str, Any] = getattr(caller, operation)(**arguments)
            return answer

        return await self._run(ask)

    async def read(self, body: Any, size: int) -> bytes:  # noqa: ANN401 - boto3's
        """Return the next bytes of the body of an answer; none at its end.

        Raises:
            S3ProblemError: It broke off.
        """
        return await self._run(partial(body.read, size))

    async def grant(
        self,
        operation: str,
        seconds: float,
        **arguments: Any,  # noqa: ANN401 - boto3's
    ) -> TransferGrant:
        """Return the right to one operation, with the headers that are signed with it.

        Raises:
            S3ProblemError: There are no credentials to sign with.
        """

        def sign() -> tuple[str, str, dict[str, str]]:
            signed: dict[str, str] = {}

            def note(request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
                signed.update(
                    (name, value.decode() if isinstance(value, bytes) else str(value))
                    for name, value in request.headers.items()
                    if name.lower() not in _BY_CLIENTS
                )

            with self._signing:
                signer = self._signer = self._signer or self._make()
                signer.meta.events.register("before-sign.s3", note)
                try:
                    url = signer.generate_presigned_url(
                        operation, Params=arguments, ExpiresIn=round(seconds)
                    )
                finally:
                    signer.meta.events.unregister("before-sign.s3", note)
            name = signer.meta.method_to_api_mapping[operation]
            method = signer.meta.service_model.operation_model(name).http["method"]
            return method, url, signed

        method, url, headers = await self._run(sign)
        expires_at = self._clock.now() + timedelta(seconds=seconds)
        return TransferGrant(method=method, url=url, headers=headers, expires_at=expires_at)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            import botocore.exceptions as errors  # noqa: PLC0415 - an optional dependency
            from urllib3.exceptions import HTTPError  # noqa: PLC0415 - botocore's
        except ImportError as error:
            detail = "boto3 is not installed: pip install 'mlmon-scheduler[s3]'"
            raise S3ProblemError(detail) from error
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except errors.ClientError as error:
            said = error.response.get("Error", {})
            code, message = str(said.get("Code", "error")), said.get("Message", "")
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            detail = f"{code}: {message}" if message else code
            raise S3ProblemError(detail, status=status, code=code) from error
        except errors.ParamValidationError as error:
            raise S3ProblemError(" ".join(str(error).split()), status=400) from error
        except (errors.BotoCoreError, HTTPError, OSError) as error:
            # No credentials, no region, no connection, or one that broke off.
            raise S3ProblemError(f"{type(error).__name__}: {error}") from error

    def _make(self) -> Any:  # noqa: ANN401 - boto3 makes classes as it goes
        import boto3  # noqa: PLC0415 - an optional dependency
        from botocore.config import Config  # noqa: PLC0415 - as above

        return boto3.session.Session().client(
            "s3",
            region_name=self._region,
            endpoint_url=self._endpoint_url,
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"total_max_attempts": _TRIES, "mode": "standard"},
                max_pool_connections=_CALLS_AT_ONCE,
                signature_version="s3v4",
                # Ours are by SHA-256; CRC beside it would be signed too, and missed.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                # Where something stands in for AWS, buckets are seldom names of hosts.
                s3={"addressing_style": "auto" if self._endpoint_url is None else "path"},
            ),
        )
