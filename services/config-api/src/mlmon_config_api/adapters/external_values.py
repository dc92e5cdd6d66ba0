"""Values that Parameter Store or Secrets Manager keep."""

import asyncio
from typing import Any

from mlmon_config_api.adapters.aws import AwsAccess
from mlmon_config_api.errors import ValueUnavailableError
from mlmon_shared.wire.secrets import VALUE_LIMIT


class AwsValues:
    """Implements `ExternalValues`.

    Args:
        aws: Asks AWS.
    """

    def __init__(self, aws: AwsAccess) -> None:
        self._aws = aws

    async def fetch(self, source: str) -> str:
        """Return the value.

        Raises:
            ValueUnavailableError: It is not there, is no text, or cannot be read now.
        """
        kind, _, name = source.partition(":")
        if kind == "ssm":
            answer = await self._ask(source, "ssm", "get_parameter", Name=name, WithDecryption=True)
            value = answer["Parameter"]["Value"]
        else:
            answer = await self._ask(source, "secretsmanager", "get_secret_value", SecretId=name)
            value = answer.get("SecretString")
        if not value:
            raise ValueUnavailableError(f"{source}: it holds no text", is_passing=False)
        if len(value.encode()) > VALUE_LIMIT:
            detail = f"{source}: it has more than {VALUE_LIMIT} bytes"
            raise ValueUnavailableError(detail, is_passing=False)
        return str(value)

    async def _ask(
        self,
        source: str,
        service: str,
        operation: str,
        **arguments: Any,  # noqa: ANN401 - boto3's
    ) -> dict[str, Any]:
        answer, problem = await asyncio.to_thread(self._aws.call, service, operation, **arguments)
        if problem is not None:
            raise ValueUnavailableError(
                f"{source}: {problem.detail}", is_passing=problem.is_passing
            )
        return answer
