"""What a definition, a client and parameters come to: the spec that an agent would get."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.ids import new_id
from mlmon_shared.jobs.parameter_schemas import find_schema_faults, find_template_faults
from mlmon_shared.jobs.parameters import ParameterChecker
from mlmon_shared.jobs.templates import fill_in, template_values
from mlmon_shared.wire.agent_protocol import AttemptSpec, InputFile, OutputFile, TransferGrant
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.job_definitions import Input, JobDefinition
from mlmon_shared.wire.states import NetworkPolicy
from mlmon_shared.wire.validation import summarise, validate

VERSION: Final = 1
ATTEMPT: Final = 1
FENCE: Final = "1.1"
_NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


def read_definition(data: object) -> JobDefinition:
    """Return the definition that the data holds.

    Pools, other jobs and named resources are known to a server only, and not checked.

    Raises:
        InvalidRequestError: With every fault in the definition itself.
    """
    definition = validate(JobDefinition, data)
    faults = [*find_schema_faults(definition.parameters), *find_template_faults(definition)]
    _refuse([fault.as_document() for fault in faults])
    return definition


def build_spec(
    definition: JobDefinition,
    *,
    client: Client,
    params: Mapping[str, Any],
    inputs: Path | None,
    outputs: Path,
    network: NetworkPolicy,
    secrets: Mapping[str, str],
) -> AttemptSpec:
    """Return what an agent would be handed for the first attempt of a run.

    Args:
        definition: What to run.
        client: For whom.
        params: As a submission would give them.
        inputs: Folder with the definition's inputs, each at its `to`.
        outputs: Folder that gets what the run publishes.
        network: What the container can reach, as a pool would say.
        secrets: Values by the name of their file.

    Raises:
        InvalidRequestError: The parameters are wrong, or an input is not there.
    """
    checker = ParameterChecker(definition.parameters)
    filled = checker.with_defaults(params)
    _refuse(checker.find_faults(filled, at="/params"))
    run_id = new_id()
    values = template_values(
        params=filled,
        client=client,
        run={"id": run_id, "job": definition.name, "version": VERSION, "attempt": ATTEMPT},
    )
    return AttemptSpec(
        run_id=run_id,
        attempt=ATTEMPT,
        fence=FENCE,
        job=definition.name,
        version=VERSION,
        client=client.name,
        image=definition.image,
        command=[fill_in(word, values) for word in definition.command],
        environment={name: fill_in(text, values) for name, text in definition.environment.items()},
        params=filled,
        resources=definition.resources,
        container=definition.container,
        timeouts=definition.timeouts,
        retries=definition.retries,
        inputs=[
            file
            for place, wanted in enumerate(definition.inputs)
            for file in _find_input(wanted, inputs, at=f"/inputs/{place}")
        ],
        outputs=[
            OutputFile(output=output, upload=_grant("PUT", outputs / output.path))
            for output in definition.outputs
        ],
        secrets=dict(secrets),
        network=network,
    )


def _find_input(wanted: Input, folder: Path | None, *, at: str) -> list[InputFile]:
    if folder is None:
        detail = f"{wanted.source}: name the folder that holds {wanted.target} with --in"
        raise _refusal(at, detail)
    place = folder / wanted.target
    if not wanted.target.endswith("/"):
        if not place.is_file():
            raise _refusal(at, f"{wanted.source}: put the file at {place}")
        return [_input(wanted.target, place)]
    # As a fan-in has it: one folder per client.
    found = sorted(place.glob(f"*/{wanted.path}"))
    if not found:
        raise _refusal(at, f"{wanted.source}: put files at {place}/<client>/{wanted.path}")
    return [_input(file.relative_to(folder).as_posix(), file) for file in found]


def _input(target: str, file: Path) -> InputFile:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
        size = content.tell()
    return InputFile(target=target, size=size, sha256=digest, download=_grant("GET", file))


def _grant(method: str, file: Path) -> TransferGrant:
    return TransferGrant(method=method, url=str(file.absolute()), expires_at=_NEVER)


def _refuse(faults: Sequence[dict[str, str]]) -> None:
    if faults:
        raise InvalidRequestError(summarise(faults), errors=list(faults))


def _refusal(pointer: str, detail: str) -> InvalidRequestError:
    fault = {"pointer": pointer, "detail": detail}
    return InvalidRequestError(summarise([fault]), errors=[fault])
