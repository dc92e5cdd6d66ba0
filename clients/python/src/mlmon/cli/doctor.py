"""`mlmon doctor`: whether everything is there to run jobs."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from importlib.metadata import version as version_of
from typing import Annotated, Final, TypeVar

import typer
from pydantic import BaseModel
from rich.text import Text

from mlmon import diagnoses
from mlmon.async_clients import AsyncClient
from mlmon.cli.options import Output, OutputFormat
from mlmon.cli.problems import EXIT_FAILED
from mlmon.cli.sessions import call
from mlmon.cli.tables import print_document, stdout_console, table_of
from mlmon.errors import MlmonError
from mlmon_shared.diagnoses import Diagnosis, Verdict
from mlmon_shared.wire.agents import AgentDocument

T = TypeVar("T")
_STYLES: Final = {Verdict.OK: "green", Verdict.NOTE: "yellow", Verdict.WRONG: "bold red"}
_PAGE_SIZE: Final = 200


class _Diagnoses(BaseModel):
    """What `-o json` prints."""

    items: list[Diagnosis]


def doctor(
    context: typer.Context,
    job: Annotated[
        str | None, typer.Option("--job", metavar="JOB", help="Say whether an agent fits this job.")
    ] = None,
    client: Annotated[
        str | None,
        typer.Option(
            "--client", "-c", metavar="CLIENT", help="Run that job for this client as a trial."
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=0, help="Seconds for that run; then it is cancelled.")
    ] = 300.0,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Say whether server, token, clock and agents are well; exit status 1 when not.

    With --job and --client a run goes from its submission to its result and log.
    """
    if client is not None and job is None:
        raise typer.BadParameter("name the --job that is to be run", param_hint="--client")
    found = call(context, lambda api: _examine(api, job))
    if job is not None and client is not None and _lets_run(found):
        found += call(context, lambda api: _try_run(api, job, client, timeout))
    if output.is_document:
        print_document(_Diagnoses(items=found), output)
    else:
        rows = [
            [each.subject, Text(each.verdict, style=_STYLES[each.verdict]), each.detail]
            for each in found
        ]
        stdout_console(output).print(table_of(["WHAT", "IS", "BECAUSE"], rows))
    if any(diagnosis.verdict is Verdict.WRONG for diagnosis in found):
        raise typer.Exit(EXIT_FAILED)


async def _examine(api: AsyncClient, job: str | None) -> list[Diagnosis]:
    found: list[Diagnosis] = []
    health = await _ask(found, "server", api.health.get_health())
    if health is None:
        # Nothing behind it can be asked either.
        return found
    found.append(Diagnosis("server", Verdict.OK, f"{api.url} answers"))
    if (readiness := await _ask(found, "dependencies", api.health.get_readiness())) is not None:
        found += diagnoses.diagnose_readiness(readiness)
    asked_at = datetime.now(UTC)
    server_time = await api.health.find_time()
    found.append(diagnoses.diagnose_clock(server_time, asked_at, datetime.now(UTC)))
    token = await _ask(found, "token", api.config_api.get_current_token())
    if token is None:
        return found
    found.append(diagnoses.diagnose_token(token, asked_at))
    await _ask(found, "history", api.history.list_runs(limit=1), "report-writer answers")
    if token.clients is not None or token.jobs is not None:
        detail = "agents and queues are not shown to a token that is limited"
        found.append(Diagnosis("agents", Verdict.NOTE, detail))
        return found
    if (page := await _ask(found, "agents", api.scheduler.list_agents())) is not None:
        found += diagnoses.diagnose_versions(version_of("mlmon"), health.version, page.items)
        found += diagnoses.diagnose_agents(page.items)
        await _examine_work(api, found, page.items, job)
    return found


async def _examine_work(
    api: AsyncClient, found: list[Diagnosis], agents: list[AgentDocument], job: str | None
) -> None:
    if (queues := await _ask(found, "queues", api.queues())) is not None:
        found += diagnoses.diagnose_queues(queues, agents)
    if job is not None:
        stored = await _ask(found, "fit", api.config_api.get_job_definition(job))
        if stored is not None:
            found.append(diagnoses.diagnose_fit(stored.definition, agents))
        return
    page = await _ask(found, "fit", api.config_api.list_job_definitions(limit=_PAGE_SIZE))
    if page is not None:
        definitions = [stored.definition for stored in page.items]
        found.append(diagnoses.diagnose_fits(definitions, agents))


def _lets_run(found: list[Diagnosis]) -> bool:
    """Say whether a trial can tell more than what is known to be wrong already."""
    wrong = {each.subject for each in found if each.verdict is Verdict.WRONG}
    return not wrong & {"server", "token", "fit"}


async def _try_run(api: AsyncClient, job: str, client: str, timeout: float) -> list[Diagnosis]:
    found: list[Diagnosis] = []
    run = await _ask(found, "run", api.submit(job, client=client))
    if run is None:
        return found
    ended = await _ask(found, "run", run.wait(timeout, progress=True))
    if ended is None:
        if await _ask(found, "run", run.cancel()) is not None:
            remedy = f"it is cancelled: `mlmon explain {run.id}` and `mlmon runs get` say more"
            found.append(Diagnosis("run", Verdict.NOTE, remedy))
        return found
    found.append(diagnoses.diagnose_trial(ended))
    if ended.attempts:
        length = await _ask(found, "log", _measure_log(api, ended.id))
        if length is not None:
            found.append(Diagnosis("log", Verdict.OK, f"its {length} bytes are there"))
    return found


async def _measure_log(api: AsyncClient, run_id: str) -> int:
    return sum([len(piece) async for piece in api.log_pieces(run_id)])


async def _ask(
    found: list[Diagnosis], subject: str, question: Awaitable[T], well: str | None = None
) -> T | None:
    """Return the answer; None, and a diagnosis more, when there is none.

    Args:
        found: Gets the diagnosis.
        subject: Of the diagnosis.
        question: What to await.
        well: What an answer alone proves.
    """
    try:
        answer = await question
    except MlmonError as error:
        found.append(Diagnosis(subject, Verdict.WRONG, error.detail))
        return None
    if well is not None:
        found.append(Diagnosis(subject, Verdict.OK, well))
    return answer
