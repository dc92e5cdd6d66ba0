"""Find the inputs of an attempt, and grant them."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from mlmon_scheduler.application.attempt_ports import ArtifactStore
from mlmon_scheduler.application.input_ports import InputObjects
from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.domain.checkpoints import checkpoints_of
from mlmon_scheduler.domain.input_sources import check_bucket, fill_in_https, fill_in_s3
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import NotFoundError
from mlmon_shared.wire.agent_protocol import InputFile, TransferGrant
from mlmon_shared.wire.job_definitions import Input, JobDefinition
from mlmon_shared.wire.outputs import CHECKPOINT_FOLDER
from mlmon_shared.wire.records import dependencies_of
from mlmon_shared.wire.runs import ArtifactDocument, DependencyDocument
from mlmon_shared.wire.states import RunState

_TRANSFER_SECONDS: Final = 3600.0


class InputFinder:
    """Turns what a definition names into files that an agent may download.

    Args:
        runs: Live runs.
        artifacts: What runs published.
        reader: Knows who published what.
        objects: What jobs read of S3.
        buckets: Which of it they may read; see `check_bucket`.
        clock: For the expiry of grants.
    """

    def __init__(
        self,
        *,
        runs: RunStore,
        artifacts: ArtifactStore,
        reader: RunReader,
        objects: InputObjects,
        buckets: Sequence[str],
        clock: Clock,
    ) -> None:
        self._runs = runs
        self._artifacts = artifacts
        self._reader = reader
        self._objects = objects
        self._buckets = buckets
        self._clock = clock

    async def find(
        self, fields: Mapping[str, str], definition: JobDefinition, values: Mapping[str, Any]
    ) -> list[InputFile]:
        """Return every input of a run, each with the right to download it.

        Args:
            fields: Of the run.
            definition: Of its version.
            values: Of templates.

        Raises:
            NotFoundError: An artifact is not there.
            InputRefusedError: A file from elsewhere is not there, or is not allowed.
            ServiceUnavailableError: A store does not work now.
        """
        links = [DependencyDocument.model_validate(link) for link in dependencies_of(fields)]
        found = []
        for wanted in definition.inputs:
            if not wanted.is_artifact:
                found.append(await self._find_elsewhere(wanted, values))
                continue
            upstream = [link for link in links if link.job == wanted.job]
            if wanted.target.endswith("/"):
                found += await self._collect(wanted, upstream)
            elif runs := [link.run for link in upstream if link.run is not None]:
                found.append(await self._find_input(wanted, runs))
            else:
                newest = await self._reader.find_published(fields["client"], wanted.job)
                if newest is None:
                    raise NotFoundError(f"{wanted.job} has published nothing for this client")
                artifacts = _artifacts(newest["artifacts"])
                attempt_id = f"{newest['run']}.{newest['attempt']}"
                found.append(await self._input(wanted.target, attempt_id, artifacts, wanted))
        return found

    async def find_checkpoints(
        self, fields: Mapping[str, str], definition: JobDefinition
    ) -> list[InputFile]:
        """Return what earlier attempts of a run left for the next, as far as it is still there.

        Args:
            fields: Of the run.
            definition: Of its version.

        Raises:
            ServiceUnavailableError: The store does not work now.
        """
        wanted = {output.path for output in definition.checkpoints}
        found = []
        for kept in checkpoints_of(fields):
            attempt_id = f"{fields['id']}.{kept.attempt}"
            if kept.path not in wanted or await self._artifacts.find_missing(attempt_id, [kept]):
                continue
            grant = await self._artifacts.download_grant(
                attempt_id, kept.path, seconds=_TRANSFER_SECONDS
            )
            found.append(
                InputFile(
                    target=f"{CHECKPOINT_FOLDER}/{kept.path}",
                    size=kept.size,
                    sha256=kept.sha256,
                    download=grant,
                )
            )
        return found

    async def _find_elsewhere(self, wanted: Input, values: Mapping[str, Any]) -> InputFile:
        if wanted.source.startswith("https://"):
            url = fill_in_https(wanted.source, values)
            expires_at = self._clock.now() + timedelta(seconds=_TRANSFER_SECONDS)
            grant = TransferGrant(method="GET", url=url, expires_at=expires_at)
            return InputFile(
                target=wanted.target,
                size=None,
                sha256=wanted.sha256,
                download=grant,
                # What is in a query may be nobody's business.
                source=url.partition("?")[0],
                is_web=True,
            )
        source = fill_in_s3(wanted.source, values)
        check_bucket(source, self._buckets)
        found = await self._objects.find(source.bucket, source.key, seconds=_TRANSFER_SECONDS)
        return InputFile(
            target=wanted.target,
            size=found.size,
            sha256=wanted.sha256,
            download=found.download,
            source=source.url,
            etag=found.etag,
        )

    async def _find_input(self, wanted: Input, run_ids: list[str]) -> InputFile:
        """Return the file of the first of these runs that published it.

        There are several where a client has several runs of the job in the batch; with
        another join than `all` not every one has succeeded.
        """
        attempt_id = ""
        for run_id in run_ids:
            attempt_id, artifacts, _ = await self._published_by(run_id)
            if any(artifact.path == wanted.path for artifact in artifacts):
                break
        return await self._input(wanted.target, attempt_id, artifacts, wanted)

    async def _collect(self, wanted: Input, upstream: list[DependencyDocument]) -> list[InputFile]:
        """Return one file per upstream run that succeeded, in a folder per client."""
        run_ids: list[str] = []
        for link in upstream:
            if link.group is not None:
                run_ids += await self._runs.list_members(link.group)
            elif link.run is not None:
                run_ids.append(link.run)
        found = []
        for run_id in run_ids:
            attempt_id, artifacts, client = await self._published_by(run_id)
            if any(artifact.path == wanted.path for artifact in artifacts):
                target = f"{wanted.target}{client}/{wanted.path}"
                found.append(await self._input(target, attempt_id, artifacts, wanted))
        return found

    async def _published_by(self, run_id: str) -> tuple[str, list[ArtifactDocument], str]:
        run = await self._reader.get_run(run_id)
        artifacts = run.artifacts if run.state is RunState.SUCCEEDED else []
        return f"{run_id}.{run.attempt}", artifacts, run.client

    async def _input(
        self, target: str, attempt_id: str, artifacts: list[ArtifactDocument], wanted: Input
    ) -> InputFile:
        for artifact in artifacts:
            if artifact.path == wanted.path:
                return InputFile(
                    target=target,
                    size=artifact.size,
                    sha256=artifact.sha256,
                    download=await self._artifacts.download_grant(
                        attempt_id, artifact.path, seconds=_TRANSFER_SECONDS
                    ),
                )
        raise NotFoundError(f"{wanted.source}: {attempt_id} published no such file")


def _artifacts(text: str) -> list[ArtifactDocument]:
    documents: list[Any] = json.loads(text or "[]")
    return [ArtifactDocument.model_validate(document) for document in documents]
