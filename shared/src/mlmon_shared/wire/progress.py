"""What the command of an attempt reports of itself over HTTP."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from mlmon_shared.wire.models import StrictModel

METRICS_LIMIT: Final = 200
"""Names of metrics of one attempt."""

MetricName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\s\x00-\x1f\x7f]+$")]
MetricValue = Annotated[float, Field(allow_inf_nan=False)]


class ProgressReport(StrictModel):
    """How far an attempt is, and what it has measured; what is left out stays as it is.

    Attributes:
        progress: 0 to 1.
        metrics: Values by name, which go before those reported earlier by the same names.
    """

    progress: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    metrics: Annotated[dict[MetricName, MetricValue], Field(max_length=METRICS_LIMIT)] = {}

    @model_validator(mode="after")
    def _check_something_is_said(self) -> Self:
        if self.progress is None and not self.metrics:
            message = "say progress, metrics or both"
            raise ValueError(message)
        return self
