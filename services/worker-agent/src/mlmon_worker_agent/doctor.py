"""`mlmon-agent doctor`: whether this host has what an agent with these settings needs."""

import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

from mlmon_shared.diagnoses import Diagnosis, Verdict
from mlmon_shared.errors import ConfigurationError, MlmonError
from mlmon_worker_agent.adapters.host_probes import (
    find_existing,
    find_write_trouble,
)
from mlmon_worker_agent.adapters.instance_identities import InstanceIdentities
from mlmon_worker_agent.adapters.nvml import NvmlDriver
from mlmon_worker_agent.adapters.runtimes import RuntimeKind, describe_engine
from mlmon_worker_agent.adapters.server_probes import ask_time, try_identity, try_token
from mlmon_worker_agent.domain.diagnoses import (
    diagnose_clock,
    diagnose_disk,
    diagnose_gpus,
)
from mlmon_worker_agent.domain.errors import EngineUnavailableError, GpuDriverError
from mlmon_worker_agent.settings import AgentSettings, InstanceCredential


async def examine(settings: AgentSettings) -> list[Diagnosis]:
    """Look at everything; safe while an agent with these settings runs."""
    scratch = find_existing(settings.scratch)
    return [
        _examine_engine(settings),
        _examine_folder("state", settings.state_folder, "STATE_FOLDER"),
        _examine_folder("scratch", settings.scratch, "SCRATCH_FOLDER"),
        diagnose_disk(settings.scratch, shutil.disk_usage(scratch).free),
        await _examine_gpus(settings),
        *await _examine_server(settings),
    ]


async def _examine_gpus(settings: AgentSettings) -> Diagnosis:
    async with NvmlDriver() as driver:
        try:
            gpus = await driver.list_gpus()
        except GpuDriverError as error:
            return diagnose_gpus([], {}, wanted=settings.gpus, trouble=error.detail)
        faults = await driver.find_faults([gpu.uuid for gpu in gpus])
        return diagnose_gpus(gpus, faults, wanted=settings.gpus, trouble=None)


def _examine_engine(settings: AgentSettings) -> Diagnosis:
    processes = "attempts run as plain processes of this user"
    if settings.runtime is RuntimeKind.PROCESS:
        return Diagnosis("engine", Verdict.NOTE, f"{processes} (MLMON_AGENT_RUNTIME=process)")
    try:
        return Diagnosis("engine", Verdict.OK, describe_engine(settings.docker_url))
    except EngineUnavailableError as error:
        if settings.runtime is RuntimeKind.AUTO:
            return Diagnosis("engine", Verdict.NOTE, f"{processes}: {error.detail}")
        remedy = "start Docker (systemctl start docker), or set MLMON_AGENT_DOCKER_URL"
        return Diagnosis("engine", Verdict.WRONG, f"{error.detail}; {remedy}")


def _examine_folder(subject: str, folder: Path, setting: str) -> Diagnosis:
    existing = find_existing(folder)
    trouble = find_write_trouble(existing)
    if trouble is not None:
        remedy = f"run as the agent's user, or set MLMON_AGENT_{setting} to a folder of its own"
        return Diagnosis(subject, Verdict.WRONG, f"cannot write to {existing}: {trouble}; {remedy}")
    made = "" if existing == folder.absolute() else "; the agent makes it at its start"
    return Diagnosis(subject, Verdict.OK, f"{folder} can be written{made}")


async def _examine_server(settings: AgentSettings) -> list[Diagnosis]:
    asked_at = datetime.now(UTC)
    try:
        server_time = await ask_time(settings.server_url)
    except MlmonError as error:
        remedy = "check MLMON_AGENT_SERVER_URL, and that this host may connect there"
        # Nothing behind it can be asked either.
        return [Diagnosis("server", Verdict.WRONG, f"{error.detail}; {remedy}")]
    return [
        Diagnosis("server", Verdict.OK, f"{settings.server_url} answers"),
        diagnose_clock(server_time, asked_at, datetime.now(UTC)),
        await _examine_credential(settings),
    ]


async def _examine_credential(settings: AgentSettings) -> Diagnosis:
    try:
        credential = settings.read_credential()
    except ConfigurationError as error:
        subject = "identity" if settings.instance_identity else "token"
        return Diagnosis(subject, Verdict.WRONG, error.detail)
    if isinstance(credential, InstanceCredential):
        return await _examine_identity(settings, credential)
    return await _examine_token(settings, credential)


async def _examine_identity(settings: AgentSettings, credential: InstanceCredential) -> Diagnosis:
    try:
        # It takes nobody's place, so any nonce will do.
        nonce = secrets.token_urlsafe(32)
        shown = InstanceIdentities(credential.metadata_url, pool=credential.pool, nonce=nonce)
        await try_identity(settings.server_url, await shown.read())
    except MlmonError as error:
        return Diagnosis("identity", Verdict.WRONG, error.detail)
    taken = f"the scheduler takes this instance into the pool {credential.pool}"
    return Diagnosis("identity", Verdict.OK, taken)


async def _examine_token(settings: AgentSettings, token: str) -> Diagnosis:
    try:
        await try_token(settings.server_url, token)
    except MlmonError as error:
        remedy = "MLMON_AGENT_BOOTSTRAP_TOKEN must be a token of scope agent, for one pool"
        return Diagnosis("token", Verdict.WRONG, f"{error.detail}; {remedy}")
    return Diagnosis("token", Verdict.OK, "the scheduler takes the bootstrap token")
