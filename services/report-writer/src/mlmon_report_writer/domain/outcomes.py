"""Outcomes, and which webhooks hear of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from mlmon_report_writer.domain.events import Kind
from mlmon_shared.ids import derived_id
from mlmon_shared.wire.records import to_milliseconds


@dataclass(frozen=True)
class Outcome:
    """How a run or batch ended.

    Attributes:
        subject: Its id.
        state: Of a run its final state, of a batch its outcome.
        job: Of a run.
        client: Of a run.
    """

    kind: Kind
    subject: str
    state: str
    occurred_at: datetime
    job: str = ""
    client: str = ""

    @property
    def event(self) -> str:
        """What webhooks call it."""
        return f"{self.kind}.{self.state}"


@dataclass(frozen=True)
class Listener:
    """What a webhook hears.

    Attributes:
        events: With `….finished` for every end.
        jobs: Of all runs when empty.
        clients: For all when None.
    """

    name: str
    events: frozenset[str]
    jobs: frozenset[str] = frozenset()
    clients: frozenset[str] | None = None
    is_paused: bool = False

    def hears(self, outcome: Outcome) -> bool:
        """Say whether it is to be told."""
        if self.is_paused or not self.events & {outcome.event, f"{outcome.kind}.finished"}:
            return False
        if outcome.kind is not Kind.RUN:
            return True
        is_of_job = not self.jobs or outcome.job in self.jobs
        return is_of_job and (self.clients is None or outcome.client in self.clients)


@dataclass(frozen=True)
class Notice:
    """A message that is to be sent to one webhook.

    Attributes:
        id: Always the same for the same outcome and webhook: receivers recognise it.
    """

    id: str
    webhook: str
    outcome: Outcome


def notices_of(outcomes: Iterable[Outcome], listeners: Iterable[Listener]) -> Iterator[Notice]:
    """Yield what is to be sent to whom."""
    known = list(listeners)
    for outcome in outcomes:
        for listener in known:
            if listener.hears(outcome):
                milliseconds = to_milliseconds(outcome.occurred_at)
                notice_id = derived_id(milliseconds, "webhook", listener.name, outcome.subject)
                yield Notice(notice_id, listener.name, outcome)
