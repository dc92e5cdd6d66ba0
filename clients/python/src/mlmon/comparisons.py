"""Runs side by side: what was asked, how it went, and what came of it."""

from collections.abc import Sequence
from typing import Any

from mlmon.errors import InvalidRequestError
from mlmon.records import Records
from mlmon_shared.wire.models import WireModel
from mlmon_shared.wire.runs import RunDocument


class ComparedFact(WireModel):
    """One fact of each run.

    Attributes:
        name: Such as `run_seconds`, `params.month`, `metrics.auc` or, for the SHA-256 of a
            file, `artifacts.scores.csv`.
        values: In the order of the runs; None where a run has none.
        differs: Whether they are not all the same.
    """

    name: str
    values: list[Any]
    differs: bool


class Comparison(WireModel):
    """Two or more runs, fact by fact.

    Attributes:
        runs: Their ids.
    """

    runs: list[str]
    facts: list[ComparedFact]

    @property
    def differences(self) -> "Comparison":
        """The same without what all runs have in common."""
        return Comparison(runs=self.runs, facts=[fact for fact in self.facts if fact.differs])

    def records(self) -> Records:
        """Return a row a fact, with a column a run."""
        return Records(
            (
                {
                    "fact": fact.name,
                    **dict(zip(self.runs, fact.values, strict=True)),
                    "differs": fact.differs,
                }
                for fact in self.facts
            ),
            ["fact", *self.runs, "differs"],
        )

    def __str__(self) -> str:
        return str(self.records())

    def _repr_html_(self) -> str:
        return self.records()._repr_html_()


def compare_runs(runs: Sequence[RunDocument]) -> Comparison:
    """Return runs side by side.

    Raises:
        InvalidRequestError: They are less than two, or one is named twice.
    """
    ids = [run.id for run in runs]
    if len(set(ids)) < 2 or len(set(ids)) < len(ids):  # noqa: PLR2004 - two sides
        raise InvalidRequestError("name two or more different runs to compare")
    columns = [_facts_of(run) for run in runs]
    names: dict[str, None] = {}
    for group in ("", "params.", "metrics.", "artifacts."):
        for facts in columns:
            names |= dict.fromkeys(facts[group])
    merged = [
        {name: value for part in facts.values() for name, value in part.items()}
        for facts in columns
    ]
    compared = []
    for name in names:
        values = [facts.get(name) for facts in merged]
        differs = any(value != values[0] for value in values)
        compared.append(ComparedFact(name=name, values=values, differs=differs))
    return Comparison(runs=ids, facts=compared)


def _facts_of(run: RunDocument) -> dict[str, dict[str, Any]]:
    last = run.attempts[-1] if run.attempts else None
    facts = {
        "job": run.job,
        "version": run.version,
        "client": run.client,
        "state": run.state.value,
        "cause": None if run.cause is None else run.cause.value,
        "exit_code": run.exit_code,
        "reason": run.reason,
        "image": run.image,
        "lane": run.lane.value,
        "priority": run.priority,
        "attempts": run.attempt,
        "pool": None if last is None else last.pool,
        "host": None if last is None else last.host,
        "queue_seconds": run.queue_seconds,
        "run_seconds": run.run_seconds,
        "peak_memory": None if last is None else last.usage.peak_memory,
        "cpu_seconds": None if last is None else last.usage.cpu_seconds,
        "peak_cpu": None if last is None else last.usage.peak_cpu,
    }
    artifacts = {artifact.path: artifact.sha256 for artifact in run.artifacts}
    return {"": facts} | {
        group: {f"{group}{name}": of_run[name] for name in sorted(of_run)}
        for group, of_run in (
            ("params.", run.params),
            ("metrics.", run.metrics),
            ("artifacts.", artifacts),
        )
    }
