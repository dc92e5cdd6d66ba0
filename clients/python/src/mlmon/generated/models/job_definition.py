from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.join_kind import JoinKind
from ..models.lane import Lane
from ..models.upstream_failure import UpstreamFailure
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.concurrency import Concurrency
    from ..models.container_options import ContainerOptions
    from ..models.daily_deadline import DailyDeadline
    from ..models.input_ import Input
    from ..models.job_definition_environment import JobDefinitionEnvironment
    from ..models.job_definition_join_type_2 import JobDefinitionJoinType2
    from ..models.job_definition_labels import JobDefinitionLabels
    from ..models.job_definition_parameters import JobDefinitionParameters
    from ..models.job_definition_secrets import JobDefinitionSecrets
    from ..models.job_dependency import JobDependency
    from ..models.number_of import NumberOf
    from ..models.output import Output
    from ..models.requirements import Requirements
    from ..models.resources import Resources
    from ..models.retries import Retries
    from ..models.schedule import Schedule
    from ..models.timeouts import Timeouts


T = TypeVar("T", bound="JobDefinition")


@_attrs_define
class JobDefinition:
    """One version of what can run, as its author wrote it, with the defaults filled in.

    Attributes:
        secrets: By the name of the file that holds it, the name of the secret.
        join: How many of a run's dependencies must be met.
        on_upstream_failure: What happens once so many never will be.

    """

    name: str
    image: str
    command: list[str]
    description: str | Unset = ""
    environment: JobDefinitionEnvironment | Unset = UNSET
    secrets: JobDefinitionSecrets | Unset = UNSET
    parameters: JobDefinitionParameters | Unset = UNSET
    resources: Resources | Unset = UNSET
    """ What one attempt needs of a host.

    Attributes:
        cpu: Cores; fractions of a thousandth are kept.
        memory: Bytes.
        gpus: Whole GPUs.
        disk: Bytes of scratch space.
        exclusive: The attempt takes a host that runs nothing else, and all of it. """
    container: ContainerOptions | Unset = UNSET
    """ What of the container's file system the command may write to; nothing to a plain process.

    Attributes:
        read_only: Whether all but `/mlmon/out`, `/tmp` and the image's volumes is read-only.
        tmp: Bytes that `/tmp`, which is in memory, may take of the attempt's memory; all of it
            when left out. """
    requires: Requirements | Unset = UNSET
    """ What a host must have beside room: agents' labels, all of them with that value. """
    pools: list[str] | Unset = UNSET
    lane: Lane | Unset = UNSET
    """ Priority classes: `critical` goes before all; the others share, 64 : 16 : 4 : 1. """
    priority: int | Unset = 50
    timeouts: Timeouts | Unset = UNSET
    """ When a run is given up, and when an attempt is stopped.

    Attributes:
        start: Seconds from submission, or from `not_before`, within which the first attempt
            must have started; else the run expires.
        run: Seconds after the command's start.
        silence: Seconds without any output. """
    deadline: DailyDeadline | None | Unset = UNSET
    retries: Retries | Unset = UNSET
    """ How often a run is tried again.

    Attributes:
        infra: Further attempts after causes that are not the command's fault.
        user: Further attempts after the command failed by itself.
        rules: Looked through top-down before the budgets' defaults.
        memory_on_oom: A run that needed more memory than it may use is tried again with that
            multiple of it, whatever the budgets, as long as it fits a host. """
    concurrency: Concurrency | Unset = UNSET
    """ How much of a job runs at once; what finds a limit reached is `parked`.

    Attributes:
        per_client: Runs of this job for one client.
        total: Runs of this job.
        resources: How much a run takes of named resources that others share. """
    schedule: None | Schedule | Unset = UNSET
    depends_on: list[JobDependency] | Unset = UNSET
    join: JobDefinitionJoinType2 | JoinKind | NumberOf | Unset = JoinKind.ALL
    on_upstream_failure: UpstreamFailure | Unset = UNSET
    """ What becomes of a run whose dependencies can no longer be met.

    `skip` ends it, `run` lets it go on as if they were met, `hold` holds it until somebody
    releases it, which lets it go on. """
    inputs: list[Input] | Unset = UNSET
    outputs: list[Output] | Unset = UNSET
    labels: JobDefinitionLabels | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.concurrency import Concurrency  # noqa: PLC0415
        from ..models.container_options import ContainerOptions  # noqa: PLC0415
        from ..models.daily_deadline import DailyDeadline  # noqa: PLC0415
        from ..models.input_ import Input  # noqa: PLC0415
        from ..models.job_definition_environment import JobDefinitionEnvironment  # noqa: PLC0415
        from ..models.job_definition_join_type_2 import JobDefinitionJoinType2  # noqa: PLC0415
        from ..models.job_definition_labels import JobDefinitionLabels  # noqa: PLC0415
        from ..models.job_definition_parameters import JobDefinitionParameters  # noqa: PLC0415
        from ..models.job_definition_secrets import JobDefinitionSecrets  # noqa: PLC0415
        from ..models.job_dependency import JobDependency  # noqa: PLC0415
        from ..models.number_of import NumberOf  # noqa: PLC0415
        from ..models.output import Output  # noqa: PLC0415
        from ..models.requirements import Requirements  # noqa: PLC0415
        from ..models.resources import Resources  # noqa: PLC0415
        from ..models.retries import Retries  # noqa: PLC0415
        from ..models.schedule import Schedule  # noqa: PLC0415
        from ..models.timeouts import Timeouts  # noqa: PLC0415

        name = self.name

        image = self.image

        command = self.command

        description = self.description

        environment: dict[str, Any] | Unset = UNSET
        if not isinstance(self.environment, Unset):
            environment = self.environment.to_dict()

        secrets: dict[str, Any] | Unset = UNSET
        if not isinstance(self.secrets, Unset):
            secrets = self.secrets.to_dict()

        parameters: dict[str, Any] | Unset = UNSET
        if not isinstance(self.parameters, Unset):
            parameters = self.parameters.to_dict()

        resources: dict[str, Any] | Unset = UNSET
        if not isinstance(self.resources, Unset):
            resources = self.resources.to_dict()

        container: dict[str, Any] | Unset = UNSET
        if not isinstance(self.container, Unset):
            container = self.container.to_dict()

        requires: dict[str, Any] | Unset = UNSET
        if not isinstance(self.requires, Unset):
            requires = self.requires.to_dict()

        pools: list[str] | Unset = UNSET
        if not isinstance(self.pools, Unset):
            pools = self.pools

        lane: str | Unset = UNSET
        if not isinstance(self.lane, Unset):
            lane = self.lane.value

        priority = self.priority

        timeouts: dict[str, Any] | Unset = UNSET
        if not isinstance(self.timeouts, Unset):
            timeouts = self.timeouts.to_dict()

        deadline: dict[str, Any] | None | Unset
        if isinstance(self.deadline, Unset):
            deadline = UNSET
        elif isinstance(self.deadline, DailyDeadline):
            deadline = self.deadline.to_dict()
        else:
            deadline = self.deadline

        retries: dict[str, Any] | Unset = UNSET
        if not isinstance(self.retries, Unset):
            retries = self.retries.to_dict()

        concurrency: dict[str, Any] | Unset = UNSET
        if not isinstance(self.concurrency, Unset):
            concurrency = self.concurrency.to_dict()

        schedule: dict[str, Any] | None | Unset
        if isinstance(self.schedule, Unset):
            schedule = UNSET
        elif isinstance(self.schedule, Schedule):
            schedule = self.schedule.to_dict()
        else:
            schedule = self.schedule

        depends_on: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.depends_on, Unset):
            depends_on = []
            for depends_on_item_data in self.depends_on:
                depends_on_item = depends_on_item_data.to_dict()
                depends_on.append(depends_on_item)

        join: dict[str, Any] | str | Unset
        if isinstance(self.join, Unset):
            join = UNSET
        elif isinstance(self.join, JoinKind):
            join = self.join.value
        elif isinstance(self.join, NumberOf):
            join = self.join.to_dict()
        else:
            join = self.join.to_dict()

        on_upstream_failure: str | Unset = UNSET
        if not isinstance(self.on_upstream_failure, Unset):
            on_upstream_failure = self.on_upstream_failure.value

        inputs: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.inputs, Unset):
            inputs = []
            for inputs_item_data in self.inputs:
                inputs_item = inputs_item_data.to_dict()
                inputs.append(inputs_item)

        outputs: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.outputs, Unset):
            outputs = []
            for outputs_item_data in self.outputs:
                outputs_item = outputs_item_data.to_dict()
                outputs.append(outputs_item)

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "image": image,
                "command": command,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if environment is not UNSET:
            field_dict["environment"] = environment
        if secrets is not UNSET:
            field_dict["secrets"] = secrets
        if parameters is not UNSET:
            field_dict["parameters"] = parameters
        if resources is not UNSET:
            field_dict["resources"] = resources
        if container is not UNSET:
            field_dict["container"] = container
        if requires is not UNSET:
            field_dict["requires"] = requires
        if pools is not UNSET:
            field_dict["pools"] = pools
        if lane is not UNSET:
            field_dict["lane"] = lane
        if priority is not UNSET:
            field_dict["priority"] = priority
        if timeouts is not UNSET:
            field_dict["timeouts"] = timeouts
        if deadline is not UNSET:
            field_dict["deadline"] = deadline
        if retries is not UNSET:
            field_dict["retries"] = retries
        if concurrency is not UNSET:
            field_dict["concurrency"] = concurrency
        if schedule is not UNSET:
            field_dict["schedule"] = schedule
        if depends_on is not UNSET:
            field_dict["depends_on"] = depends_on
        if join is not UNSET:
            field_dict["join"] = join
        if on_upstream_failure is not UNSET:
            field_dict["on_upstream_failure"] = on_upstream_failure
        if inputs is not UNSET:
            field_dict["inputs"] = inputs
        if outputs is not UNSET:
            field_dict["outputs"] = outputs
        if labels is not UNSET:
            field_dict["labels"] = labels

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.concurrency import Concurrency  # noqa: PLC0415
        from ..models.container_options import ContainerOptions  # noqa: PLC0415
        from ..models.daily_deadline import DailyDeadline  # noqa: PLC0415
        from ..models.input_ import Input  # noqa: PLC0415
        from ..models.job_definition_environment import JobDefinitionEnvironment  # noqa: PLC0415
        from ..models.job_definition_join_type_2 import JobDefinitionJoinType2  # noqa: PLC0415
        from ..models.job_definition_labels import JobDefinitionLabels  # noqa: PLC0415
        from ..models.job_definition_parameters import JobDefinitionParameters  # noqa: PLC0415
        from ..models.job_definition_secrets import JobDefinitionSecrets  # noqa: PLC0415
        from ..models.job_dependency import JobDependency  # noqa: PLC0415
        from ..models.number_of import NumberOf  # noqa: PLC0415
        from ..models.output import Output  # noqa: PLC0415
        from ..models.requirements import Requirements  # noqa: PLC0415
        from ..models.resources import Resources  # noqa: PLC0415
        from ..models.retries import Retries  # noqa: PLC0415
        from ..models.schedule import Schedule  # noqa: PLC0415
        from ..models.timeouts import Timeouts  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        image = d.pop("image")

        command = cast(list[str], d.pop("command"))

        description = d.pop("description", UNSET)

        _environment = d.pop("environment", UNSET)
        environment: JobDefinitionEnvironment | Unset
        if isinstance(_environment, Unset):
            environment = UNSET
        else:
            environment = JobDefinitionEnvironment.from_dict(_environment)

        _secrets = d.pop("secrets", UNSET)
        secrets: JobDefinitionSecrets | Unset
        if isinstance(_secrets, Unset):
            secrets = UNSET
        else:
            secrets = JobDefinitionSecrets.from_dict(_secrets)

        _parameters = d.pop("parameters", UNSET)
        parameters: JobDefinitionParameters | Unset
        if isinstance(_parameters, Unset):
            parameters = UNSET
        else:
            parameters = JobDefinitionParameters.from_dict(_parameters)

        _resources = d.pop("resources", UNSET)
        resources: Resources | Unset
        if isinstance(_resources, Unset):
            resources = UNSET
        else:
            resources = Resources.from_dict(_resources)

        _container = d.pop("container", UNSET)
        container: ContainerOptions | Unset
        if isinstance(_container, Unset):
            container = UNSET
        else:
            container = ContainerOptions.from_dict(_container)

        _requires = d.pop("requires", UNSET)
        requires: Requirements | Unset
        if isinstance(_requires, Unset):
            requires = UNSET
        else:
            requires = Requirements.from_dict(_requires)

        pools = cast(list[str], d.pop("pools", UNSET))

        _lane = d.pop("lane", UNSET)
        lane: Lane | Unset
        if isinstance(_lane, Unset):
            lane = UNSET
        else:
            lane = Lane(_lane)

        priority = d.pop("priority", UNSET)

        _timeouts = d.pop("timeouts", UNSET)
        timeouts: Timeouts | Unset
        if isinstance(_timeouts, Unset):
            timeouts = UNSET
        else:
            timeouts = Timeouts.from_dict(_timeouts)

        def _parse_deadline(data: object) -> DailyDeadline | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                deadline_type_0 = DailyDeadline.from_dict(data)

                return deadline_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DailyDeadline | None | Unset, data)

        deadline = _parse_deadline(d.pop("deadline", UNSET))

        _retries = d.pop("retries", UNSET)
        retries: Retries | Unset
        if isinstance(_retries, Unset):
            retries = UNSET
        else:
            retries = Retries.from_dict(_retries)

        _concurrency = d.pop("concurrency", UNSET)
        concurrency: Concurrency | Unset
        if isinstance(_concurrency, Unset):
            concurrency = UNSET
        else:
            concurrency = Concurrency.from_dict(_concurrency)

        def _parse_schedule(data: object) -> None | Schedule | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                schedule_type_0 = Schedule.from_dict(data)

                return schedule_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Schedule | Unset, data)

        schedule = _parse_schedule(d.pop("schedule", UNSET))

        _depends_on = d.pop("depends_on", UNSET)
        depends_on: list[JobDependency] | Unset = UNSET
        if _depends_on is not UNSET:
            depends_on = []
            for depends_on_item_data in _depends_on:
                depends_on_item = JobDependency.from_dict(depends_on_item_data)

                depends_on.append(depends_on_item)

        def _parse_join(data: object) -> JobDefinitionJoinType2 | JoinKind | NumberOf | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                join_type_0 = JoinKind(data)

                return join_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                join_type_1 = NumberOf.from_dict(data)

                return join_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            join_type_2 = JobDefinitionJoinType2.from_dict(data)

            return join_type_2

        join = _parse_join(d.pop("join", UNSET))

        _on_upstream_failure = d.pop("on_upstream_failure", UNSET)
        on_upstream_failure: UpstreamFailure | Unset
        if isinstance(_on_upstream_failure, Unset):
            on_upstream_failure = UNSET
        else:
            on_upstream_failure = UpstreamFailure(_on_upstream_failure)

        _inputs = d.pop("inputs", UNSET)
        inputs: list[Input] | Unset = UNSET
        if _inputs is not UNSET:
            inputs = []
            for inputs_item_data in _inputs:
                inputs_item = Input.from_dict(inputs_item_data)

                inputs.append(inputs_item)

        _outputs = d.pop("outputs", UNSET)
        outputs: list[Output] | Unset = UNSET
        if _outputs is not UNSET:
            outputs = []
            for outputs_item_data in _outputs:
                outputs_item = Output.from_dict(outputs_item_data)

                outputs.append(outputs_item)

        _labels = d.pop("labels", UNSET)
        labels: JobDefinitionLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = JobDefinitionLabels.from_dict(_labels)

        job_definition = cls(
            name=name,
            image=image,
            command=command,
            description=description,
            environment=environment,
            secrets=secrets,
            parameters=parameters,
            resources=resources,
            container=container,
            requires=requires,
            pools=pools,
            lane=lane,
            priority=priority,
            timeouts=timeouts,
            deadline=deadline,
            retries=retries,
            concurrency=concurrency,
            schedule=schedule,
            depends_on=depends_on,
            join=join,
            on_upstream_failure=on_upstream_failure,
            inputs=inputs,
            outputs=outputs,
            labels=labels,
        )

        return job_definition
