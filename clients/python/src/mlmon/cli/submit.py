"""`mlmon submit`: one run, or a batch from a file."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from mlmon.arguments import check_idempotency_key
from mlmon.async_clients import AsyncClient
from mlmon.cli.commits import commit_key
from mlmon.cli.completions import client_names, job_names
from mlmon.cli.documents import read_one
from mlmon.cli.junit_reports import write_report
from mlmon.cli.live_batches import watch_batch
from mlmon.cli.options import LabelOptions, Output, OutputFormat, parse_labels, parse_params
from mlmon.cli.outcomes import exit_with, tell_failures, tell_outcome
from mlmon.cli.runs import write_logs
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stderr_console
from mlmon.cli.texts import plain
from mlmon_shared.wire.batches import BatchDocument, BatchSubmission
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import Lane, UpstreamFailure
from mlmon_shared.wire.validation import validate


def submit(
    context: typer.Context,
    *,
    job: Annotated[
        str | None,
        typer.Argument(metavar="JOB", help="Name of the job.", autocompletion=job_names),
    ] = None,
    client: Annotated[
        str | None,
        typer.Option("--client", "-c", help="For whom.", autocompletion=client_names),
    ] = None,
    params: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="JSON if it is, else text."),
    ] = None,
    params_file: Annotated[
        Path | None, typer.Option("--params-file", help="YAML or JSON; -p goes over it.")
    ] = None,
    priority: Annotated[int | None, typer.Option("--priority", min=0, max=1000)] = None,
    lane: Annotated[Lane | None, typer.Option("--lane")] = None,
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="Of the job definition.")
    ] = None,
    label: LabelOptions = None,
    after: Annotated[
        list[str] | None,
        typer.Option("--after", metavar="RUN", help="Wait for its success; may be repeated."),
    ] = None,
    join: Annotated[
        str | None,
        typer.Option("--join", metavar="all|any|N", help="How many dependencies must be met."),
    ] = None,
    on_upstream_failure: Annotated[
        UpstreamFailure | None,
        typer.Option("--on-upstream-failure", help="What happens once so many never will be."),
    ] = None,
    not_before: Annotated[
        str | None, typer.Option("--not-before", metavar="TIME", help="It starts no sooner.")
    ] = None,
    start_by: Annotated[
        str | None,
        typer.Option("--start-by", metavar="TIME", help="It expires unless it has started."),
    ] = None,
    deadline: Annotated[
        str | None,
        typer.Option("--deadline", metavar="TIME", help="It shall have ended, and goes first."),
    ] = None,
    batch: Annotated[
        Path | None, typer.Option("--batch", help="Submit the batch in this YAML or JSON file.")
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option("--idempotency-key", help="The same again submits nothing new.")
    ] = None,
    once_per_commit: Annotated[
        bool,
        typer.Option("--once-per-commit", help="The same again in this commit: nothing new."),
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait; the exit status says how it ended.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait, and write the log to stdout.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Wait, and write JUnit XML.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="As -o json.")] = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Submit a run, or a batch, and print its id.

    With --wait or --follow the exit status says how it ended: 0 succeeded,
    1 failed, 3 cancelled, 4 expired or skipped.

    TIME has an offset: 2027-01-01T06:00:00Z.
    """
    manner = _Manner(
        key=idempotency_key,
        once_per_commit=once_per_commit,
        wait=wait or follow or junit is not None,
        follow=follow,
        output=OutputFormat.JSON if json_output else output,
        junit=junit,
    )
    manner.check()
    fitting = (client, params, params_file, priority, lane, version, label, after, join)
    others = (*fitting, on_upstream_failure, not_before, start_by, deadline)
    if batch is not None:
        if job is not None or any(option is not None for option in others) or follow:
            raise typer.BadParameter(
                "goes with --idempotency-key, --once-per-commit, --wait, --junit and -o only",
                param_hint="--batch",
            )
        submission = validate(BatchSubmission, read_one(batch))
        _end(call(context, lambda api: _submit_batch(api, submission, manner)), manner)
        return
    if job is None or client is None:
        raise typer.BadParameter("name a JOB and a --client, or a --batch file")
    fields: dict[str, Any] = {
        "client": client,
        "params": parse_params(params or [], params_file),
        "priority": priority,
        "lane": lane,
        "version": version,
        "labels": parse_labels(label or []),
        "after": after or [],
        "join": {"n_of": int(join)} if join is not None and join.isdecimal() else join,
        "on_upstream_failure": on_upstream_failure,
        "not_before": not_before,
        "start_by": start_by,
        "deadline": deadline,
    }
    _end(call(context, lambda api: _submit(api, job, fields, manner)), manner)


@dataclass(frozen=True)
class _Manner:
    """How to submit, whatever it is, and what to tell."""

    key: str | None
    once_per_commit: bool
    wait: bool
    follow: bool
    output: OutputFormat
    junit: Path | None

    def check(self) -> None:
        """Refuse options that exclude each other."""
        if self.once_per_commit and self.key is not None:
            raise typer.BadParameter(
                "exclude each other", param_hint="--once-per-commit and --idempotency-key"
            )
        if self.follow and self.output.is_document:
            raise typer.BadParameter(
                "exclude each other: both write to stdout", param_hint="--follow and -o json"
            )

    def key_of(self, submission: dict[str, Any]) -> str | None:
        """Return the idempotency key for what is submitted."""
        return commit_key(submission) if self.once_per_commit else self.key


async def _submit(
    api: AsyncClient, job: str, fields: dict[str, Any], manner: _Manner
) -> RunDocument:
    run = await api.submit(job, **fields, idempotency_key=manner.key_of({"job": job, **fields}))
    if not manner.output.is_document:
        _print_id(run.id, to_stderr=manner.follow)
    if manner.follow:
        await write_logs(api, run.id, follow=True)
    if manner.wait:
        run = await api.wait(run, progress=not manner.follow)
    if manner.junit is not None:
        write_report(manner.junit, run.job, [run])
    return run


async def _submit_batch(
    api: AsyncClient, submission: BatchSubmission, manner: _Manner
) -> BatchDocument:
    key = check_idempotency_key(manner.key_of(submission.model_dump(mode="json")))
    batch = await api.scheduler.submit_batch(submission, idempotency_key=key)
    if not manner.output.is_document:
        _print_id(batch.id, to_stderr=False)
    if not manner.wait:
        return batch
    if manner.output.is_document:
        batch = await api.wait_batch(batch)
    else:
        batch = await watch_batch(api, batch.id, stderr_console())
        await tell_failures(api, batch)
    if manner.junit is not None:
        runs = [run async for run in api.list_runs(batch=batch)]
        write_report(manner.junit, batch.name or batch.id, runs)
    return batch


def _end(done: RunDocument | BatchDocument, manner: _Manner) -> None:
    if manner.output.is_document:
        print_document(done, manner.output)
    if not manner.wait:
        return
    if isinstance(done, RunDocument) and not manner.output.is_document:
        tell_outcome(done)
    exit_with(done)


def _print_id(identifier: str, *, to_stderr: bool) -> None:
    stream = sys.stderr if to_stderr else sys.stdout
    stream.write(plain(identifier) + "\n")
    stream.flush()
