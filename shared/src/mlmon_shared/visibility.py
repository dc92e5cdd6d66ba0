"""What a token that is limited to clients or jobs sees; everything else does not exist for it."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from mlmon_shared.errors import ForbiddenError
from mlmon_shared.wire.catalog import TOKEN_LIMITS_LIMIT
from mlmon_shared.wire.runs import AttemptDocument, RunDocument
from mlmon_shared.wire.validation import summarise

HIDDEN: Final = "something that this token does not see"
_NAMED: Final = 10
# How the scheduler begins; what a command said of itself is never cut.
_UPSTREAM: Final = re.compile(r"(?:^|(?<=: ))Its dependency (\S+) of (\S+)")
_ID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_RUN: Final = re.compile(rf"\brun ({_ID})")
_IDS: Final = re.compile(rf"{_ID}(?:, {_ID})*")


@dataclass(frozen=True)
class Visibility:
    """The runs that a token may see, submit and change: those of its clients and of its jobs.

    Attributes:
        clients: None is every client, also those that are still to come.
        jobs: None is every job.
    """

    clients: frozenset[str] | None = None
    jobs: frozenset[str] | None = None

    @property
    def is_limited(self) -> bool:
        """Whether anything is left out."""
        return self.clients is not None or self.jobs is not None

    def sees(self, *, client: str, job: str) -> bool:
        """Tell whether a run of the job for the client is seen."""
        return self.sees_client(client) and self.sees_job(job)

    def sees_client(self, client: str) -> bool:
        """Tell whether a client is seen."""
        return self.clients is None or client in self.clients

    def sees_job(self, job: str) -> bool:
        """Tell whether a job is seen."""
        return self.jobs is None or job in self.jobs

    def sees_batch(self, fields: Mapping[str, str]) -> bool:
        """Tell whether a batch is seen: when every run of it is.

        Args:
            fields: Of the batch, with what `batch_extent` made.
        """
        if not self.is_limited:
            return True
        clients, jobs = fields.get("clients"), fields.get("jobs")
        if not clients or not jobs:
            return False
        return all(self.sees_client(name) for name in json.loads(clients)) and all(
            self.sees_job(name) for name in json.loads(jobs)
        )

    def narrowed(self, other: "Visibility") -> "Visibility":
        """Return what both see."""
        return Visibility(
            _common(self.clients, other.clients),
            _common(self.jobs, other.jobs),
        )

    def find_fault(self, *, client: str, job: str, at: str) -> dict[str, str] | None:
        """Return why a run may not be submitted, with a JSON pointer; None when it may.

        Whether the name exists makes no difference, and is not told.

        Args:
            client: As submitted.
            job: As submitted.
            at: JSON pointer of the run in the request.
        """
        for what, name, names in (("client", client, self.clients), ("job", job, self.jobs)):
            if names is not None and name not in names:
                detail = f'the token may not submit for the {what} "{name}"; {_say(what, names)}'
                return {"pointer": f"{at}/{what}", "detail": detail}
        return None

    def explain(self) -> str:
        """Return the limits in words, for who holds the token."""
        limits = [("client", self.clients), ("job", self.jobs)]
        return " and ".join(_say(what, names) for what, names in limits if names is not None)

    def redact(self, text: str | None, known: Collection[str] = ()) -> str | None:
        """Return a sentence without the clients, jobs and runs that are not seen.

        Args:
            text: Such as the reason of a run.
            known: Ids of runs that are seen.
        """
        if text is None or not self.is_limited:
            return text
        for found in _UPSTREAM.finditer(text):
            if not self.sees(job=found[1], client=found[2]):
                # What follows tells what became of it.
                text = f"{text[: found.start()]}Its dependency is {HIDDEN}."
                break
        return _RUN.sub(lambda found: found[0] if found[1] in known else HIDDEN, text)

    def redact_ids(self, text: str) -> str:
        """Return a sentence of the scheduler's without any ids."""
        return _IDS.sub(HIDDEN, text) if self.is_limited else text


EVERYTHING: Final = Visibility()


def batch_extent(clients: Collection[str], jobs: Collection[str]) -> dict[str, str]:
    """Return the fields of a batch that say of which clients and jobs its runs are.

    They are left out where no limited token could name them all; it does not see such a batch.
    """
    if max(len(clients), len(jobs)) > TOKEN_LIMITS_LIMIT:
        return {}
    return {"clients": json.dumps(sorted(clients)), "jobs": json.dumps(sorted(jobs))}


def check_submissions(visibility: Visibility, runs: Mapping[tuple[str, str], str]) -> None:
    """Refuse runs that a token may not submit.

    Args:
        visibility: Of the token.
        runs: By client and job, the JSON pointer of the first run.

    Raises:
        ForbiddenError: With the pointer of every client and job that is not the token's.
    """
    faults = [
        fault
        for (client, job), at in runs.items()
        if (fault := visibility.find_fault(client=client, job=job, at=at)) is not None
    ]
    if faults:
        raise ForbiddenError(summarise(faults), errors=faults[:_NAMED])


def redact_attempt(
    attempt: AttemptDocument, visibility: Visibility, known: Collection[str] = ()
) -> AttemptDocument:
    """Return an attempt of a run that is seen, without what would tell of others' runs."""
    reason = visibility.redact(attempt.reason, known)
    return attempt.model_copy(update={"reason": reason})


def redact_run(run: RunDocument, visibility: Visibility, visible: Collection[str]) -> RunDocument:
    """Return a run without what would tell of other clients' runs.

    Args:
        run: One that is seen.
        visibility: Of who asks.
        visible: Those of the runs that it depends on that are seen.
    """
    if not visibility.is_limited:
        return run
    known = {run.id, *visible}
    links = [
        link if link.run is None or link.run in visible else link.model_copy(update={"run": None})
        for link in run.depends_on
    ]
    attempts = [redact_attempt(attempt, visibility, known) for attempt in run.attempts]
    return run.model_copy(
        update={
            "depends_on": links,
            "attempts": attempts,
            "reason": visibility.redact(run.reason, known),
        }
    )


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _say(what: str, names: Collection[str]) -> str:
    shown = sorted(names)[:_NAMED]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    plural = what if len(names) == 1 else f"{what}s"
    return f"it is limited to the {plural} {', '.join(shown)}{more}"
