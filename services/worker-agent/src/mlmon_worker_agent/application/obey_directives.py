"""Do what the scheduler orders about attempts."""

from collections.abc import Iterable

import structlog

from mlmon_shared.wire.agent_protocol import Directive, DirectiveKind
from mlmon_worker_agent.application.held_attempts import HeldAttempts
from mlmon_worker_agent.domain.attempts import AttemptRef, StopKind, StopOrder

log = structlog.get_logger(__name__)


def obey_directives(held: HeldAttempts, directives: Iterable[Directive]) -> None:
    """Pass each directive on to its attempt; what is not held, or not any more, needs nothing."""
    for directive in directives:
        attempt = held.find(AttemptRef(directive.run_id, directive.attempt, directive.fence))
        if attempt is None:
            continue
        if directive.kind is DirectiveKind.KILL:
            reason = directive.reason or "The scheduler does not know this attempt any more."
            order = StopOrder(StopKind.KILL, reason, 0.0)
        else:
            reason = directive.reason or "The run was cancelled."
            order = StopOrder(StopKind.CANCEL, reason, attempt.grant.kill_grace_seconds)
        if order.outranks(attempt.stop_order):
            log.info("directive", kind=directive.kind, attempt=attempt.ref.attempt_id)
        attempt.order_stop(order)
