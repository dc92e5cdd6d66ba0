"""Ask AWS: KMS, Parameter Store and Secrets Manager, by the optional boto3."""

import threading
from dataclasses import dataclass
from typing import Any, Final

from mlmon_shared.errors import ConfigurationError

_CONNECT_SECONDS: Final = 3
_READ_SECONDS: Final = 5
_TRIES: Final = 2
_SERVER_FAULT: Final = 500
_PASSING: Final = {"Throttling", "ThrottlingException", "TooManyRequestsException"}


@dataclass(frozen=True)
class AwsProblem:
    """Why AWS did not do what it was asked.

    Attributes:
        is_passing: Asking again may help.
    """

    detail: str
    is_passing: bool


class AwsAccess:
    """Calls AWS; credentials come from where boto3 looks for them.

    Args:
        region: As boto3 finds it when left out.
        endpoint_url: Of something that stands in for AWS.
    """

    def __init__(self, *, region: str | None = None, endpoint_url: str | None = None) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

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
                f"{setting} needs boto3: pip install 'mlmon-config-api[aws]'"
            ) from error

    def call(
        self,
        service: str,
        operation: str,
        **arguments: Any,  # noqa: ANN401 - boto3's
    ) -> tuple[dict[str, Any], AwsProblem | None]:
        """Return the answer, or why there is none; it blocks for seconds at worst."""
        try:
            import botocore.exceptions as errors  # noqa: PLC0415 - an optional dependency
        except ImportError:
            detail = "boto3 is not installed: pip install 'mlmon-config-api[aws]'"
            return {}, AwsProblem(detail, is_passing=False)
        try:
            return getattr(self._client(service), operation)(**arguments), None
        except errors.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "error")
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            message = error.response.get("Error", {}).get("Message", "")
            detail = f"{code}: {message}" if message else str(code)
            is_passing = status >= _SERVER_FAULT or code in _PASSING
            return {}, AwsProblem(detail, is_passing=is_passing)
        except errors.ParamValidationError as error:
            return {}, AwsProblem(" ".join(str(error).split()), is_passing=False)
        except errors.BotoCoreError as error:
            # No credentials, no region, no connection.
            return {}, AwsProblem(f"{type(error).__name__}: {error}", is_passing=True)

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes classes as it goes
        import boto3  # noqa: PLC0415 - an optional dependency
        from botocore.config import Config  # noqa: PLC0415 - as above

        with self._making:
            if service not in self._clients:
                self._clients[service] = boto3.session.Session().client(
                    service,
                    region_name=self._region,
                    endpoint_url=self._endpoint_url,
                    config=Config(
                        connect_timeout=_CONNECT_SECONDS,
                        read_timeout=_READ_SECONDS,
                        retries={"total_max_attempts": _TRIES},
                    ),
                )
            return self._clients[service]
