"""Contains all the data models used in inputs/outputs"""

from .action import Action
from .action_document import ActionDocument
from .action_document_after_type_0 import ActionDocumentAfterType0
from .action_document_before_type_0 import ActionDocumentBeforeType0
from .action_kind import ActionKind
from .action_page import ActionPage
from .admission import Admission
from .admission_job_labels import AdmissionJobLabels
from .admitted_instances import AdmittedInstances
from .agent_document import AgentDocument
from .agent_document_gpu_faults import AgentDocumentGpuFaults
from .agent_document_labels import AgentDocumentLabels
from .agent_page import AgentPage
from .agent_release import AgentRelease
from .amounts import Amounts
from .apply_catalog_body import ApplyCatalogBody
from .apply_result import ApplyResult
from .apply_result_change import ApplyResultChange
from .artifact_document import ArtifactDocument
from .artifact_page import ArtifactPage
from .attempt_document import AttemptDocument
from .attempt_document_phases import AttemptDocumentPhases
from .attempt_page import AttemptPage
from .attempt_state import AttemptState
from .audit_event import AuditEvent
from .audit_event_after_type_0 import AuditEventAfterType0
from .audit_event_before_type_0 import AuditEventBeforeType0
from .audit_event_page import AuditEventPage
from .backfill_document import BackfillDocument
from .backfill_document_counts import BackfillDocumentCounts
from .backfill_page import BackfillPage
from .backfill_plan import BackfillPlan
from .backfill_request import BackfillRequest
from .backfill_state import BackfillState
from .batch_document import BatchDocument
from .batch_document_counts import BatchDocumentCounts
from .batch_document_labels import BatchDocumentLabels
from .batch_item import BatchItem
from .batch_item_labels import BatchItemLabels
from .batch_item_params import BatchItemParams
from .batch_page import BatchPage
from .batch_state import BatchState
from .batch_submission import BatchSubmission
from .batch_submission_labels import BatchSubmissionLabels
from .breaker_document import BreakerDocument
from .breaker_page import BreakerPage
from .canary import Canary
from .canary_document import CanaryDocument
from .catalog_client import CatalogClient
from .catalog_client_labels import CatalogClientLabels
from .catalog_client_parameters import CatalogClientParameters
from .catalog_result import CatalogResult
from .cause import Cause
from .change_password_body import ChangePasswordBody
from .checkpoint_document import CheckpointDocument
from .client_document import ClientDocument
from .client_document_labels import ClientDocumentLabels
from .client_document_parameters import ClientDocumentParameters
from .client_page import ClientPage
from .client_selector import ClientSelector
from .client_selector_labels import ClientSelectorLabels
from .concurrency import Concurrency
from .concurrency_resources import ConcurrencyResources
from .condition import Condition
from .container_options import ContainerOptions
from .create_session_body import CreateSessionBody
from .create_token_body import CreateTokenBody
from .current_session_document import CurrentSessionDocument
from .daily_deadline import DailyDeadline
from .deadline_explanation import DeadlineExplanation
from .deadline_outlook import DeadlineOutlook
from .definition_diff import DefinitionDiff
from .definition_plan import DefinitionPlan
from .definition_warning import DefinitionWarning
from .delivery_state import DeliveryState
from .dependant_schedule import DependantSchedule
from .dependency_document import DependencyDocument
from .dependency_scope import DependencyScope
from .explanation import Explanation
from .fire_all import FireAll
from .firing_document import FiringDocument
from .firing_page import FiringPage
from .forecast import Forecast
from .gate_document import GateDocument
from .get_job_definition_schema_response_200 import GetJobDefinitionSchemaResponse200
from .health import Health
from .hindrance import Hindrance
from .hindrance_kind import HindranceKind
from .history_page import HistoryPage
from .identity import Identity
from .input_ import Input
from .invitation_document import InvitationDocument
from .item_dependency import ItemDependency
from .job_definition import JobDefinition
from .job_definition_document import JobDefinitionDocument
from .job_definition_environment import JobDefinitionEnvironment
from .job_definition_join_type_2 import JobDefinitionJoinType2
from .job_definition_labels import JobDefinitionLabels
from .job_definition_page import JobDefinitionPage
from .job_definition_parameters import JobDefinitionParameters
from .job_definition_secrets import JobDefinitionSecrets
from .job_dependency import JobDependency
from .join_kind import JoinKind
from .kind import Kind
from .lane import Lane
from .misfire_kind import MisfireKind
from .missing import Missing
from .named_resource import NamedResource
from .named_resource_document import NamedResourceDocument
from .named_resource_page import NamedResourcePage
from .network_policy import NetworkPolicy
from .new_token_document import NewTokenDocument
from .number_of import NumberOf
from .output import Output
from .output_kind import OutputKind
from .overlap import Overlap
from .pause_request import PauseRequest
from .pin_document import PinDocument
from .pin_page import PinPage
from .ping_request import PingRequest
from .ping_result import PingResult
from .pool import Pool
from .pool_document import PoolDocument
from .pool_document_labels import PoolDocumentLabels
from .pool_document_lane_shares import PoolDocumentLaneShares
from .pool_fit import PoolFit
from .pool_labels import PoolLabels
from .pool_lane_shares import PoolLaneShares
from .pool_page import PoolPage
from .preview_document import PreviewDocument
from .preview_request import PreviewRequest
from .priority_change import PriorityChange
from .progress_report import ProgressReport
from .progress_report_metrics import ProgressReportMetrics
from .put_canary_body import PutCanaryBody
from .put_pin_body import PutPinBody
from .put_secret_body import PutSecretBody
from .put_user_body import PutUserBody
from .put_webhook_body import PutWebhookBody
from .queue_document import QueueDocument
from .queues_document import QueuesDocument
from .quotas import Quotas
from .readiness import Readiness
from .readiness_dependencies import ReadinessDependencies
from .requirements import Requirements
from .requirements_labels import RequirementsLabels
from .rerun_document import RerunDocument
from .rerun_only import RerunOnly
from .rerun_scope import RerunScope
from .resources import Resources
from .retries import Retries
from .retry_action import RetryAction
from .role import Role
from .rotation_request import RotationRequest
from .run_dependency import RunDependency
from .run_document import RunDocument
from .run_document_labels import RunDocumentLabels
from .run_document_metrics import RunDocumentMetrics
from .run_document_params import RunDocumentParams
from .run_page import RunPage
from .run_state import RunState
from .run_submission import RunSubmission
from .run_submission_labels import RunSubmissionLabels
from .run_submission_params import RunSubmissionParams
from .scaling import Scaling
from .scaling_kind import ScalingKind
from .schedule import Schedule
from .schedule_document import ScheduleDocument
from .schedule_page import SchedulePage
from .scope import Scope
from .secret_document import SecretDocument
from .secret_page import SecretPage
from .session_document import SessionDocument
from .session_page import SessionPage
from .set_password_body import SetPasswordBody
from .sign_in_method import SignInMethod
from .skipped_client import SkippedClient
from .skipped_run import SkippedRun
from .slot_time import SlotTime
from .timeouts import Timeouts
from .token_document import TokenDocument
from .token_page import TokenPage
from .upstream_failure import UpstreamFailure
from .usage import Usage
from .user_document import UserDocument
from .user_page import UserPage
from .vector import Vector
from .version_origin import VersionOrigin
from .webhook_delivery_document import WebhookDeliveryDocument
from .webhook_delivery_page import WebhookDeliveryPage
from .webhook_document import WebhookDocument
from .webhook_event import WebhookEvent
from .webhook_page import WebhookPage
from .webhook_result import WebhookResult
from .webhook_result_change import WebhookResultChange
from .webhook_secret_document import WebhookSecretDocument

__all__ = (
    "Action",
    "ActionDocument",
    "ActionDocumentAfterType0",
    "ActionDocumentBeforeType0",
    "ActionKind",
    "ActionPage",
    "Admission",
    "AdmissionJobLabels",
    "AdmittedInstances",
    "AgentDocument",
    "AgentDocumentGpuFaults",
    "AgentDocumentLabels",
    "AgentPage",
    "AgentRelease",
    "Amounts",
    "ApplyCatalogBody",
    "ApplyResult",
    "ApplyResultChange",
    "ArtifactDocument",
    "ArtifactPage",
    "AttemptDocument",
    "AttemptDocumentPhases",
    "AttemptPage",
    "AttemptState",
    "AuditEvent",
    "AuditEventAfterType0",
    "AuditEventBeforeType0",
    "AuditEventPage",
    "BackfillDocument",
    "BackfillDocumentCounts",
    "BackfillPage",
    "BackfillPlan",
    "BackfillRequest",
    "BackfillState",
    "BatchDocument",
    "BatchDocumentCounts",
    "BatchDocumentLabels",
    "BatchItem",
    "BatchItemLabels",
    "BatchItemParams",
    "BatchPage",
    "BatchState",
    "BatchSubmission",
    "BatchSubmissionLabels",
    "BreakerDocument",
    "BreakerPage",
    "Canary",
    "CanaryDocument",
    "CatalogClient",
    "CatalogClientLabels",
    "CatalogClientParameters",
    "CatalogResult",
    "Cause",
    "ChangePasswordBody",
    "CheckpointDocument",
    "ClientDocument",
    "ClientDocumentLabels",
    "ClientDocumentParameters",
    "ClientPage",
    "ClientSelector",
    "ClientSelectorLabels",
    "Concurrency",
    "ConcurrencyResources",
    "Condition",
    "ContainerOptions",
    "CreateSessionBody",
    "CreateTokenBody",
    "CurrentSessionDocument",
    "DailyDeadline",
    "DeadlineExplanation",
    "DeadlineOutlook",
    "DefinitionDiff",
    "DefinitionPlan",
    "DefinitionWarning",
    "DeliveryState",
    "DependantSchedule",
    "DependencyDocument",
    "DependencyScope",
    "Explanation",
    "FireAll",
    "FiringDocument",
    "FiringPage",
    "Forecast",
    "GateDocument",
    "GetJobDefinitionSchemaResponse200",
    "Health",
    "Hindrance",
    "HindranceKind",
    "HistoryPage",
    "Identity",
    "Input",
    "InvitationDocument",
    "ItemDependency",
    "JobDefinition",
    "JobDefinitionDocument",
    "JobDefinitionEnvironment",
    "JobDefinitionJoinType2",
    "JobDefinitionLabels",
    "JobDefinitionPage",
    "JobDefinitionParameters",
    "JobDefinitionSecrets",
    "JobDependency",
    "JoinKind",
    "Kind",
    "Lane",
    "MisfireKind",
    "Missing",
    "NamedResource",
    "NamedResourceDocument",
    "NamedResourcePage",
    "NetworkPolicy",
    "NewTokenDocument",
    "NumberOf",
    "Output",
    "OutputKind",
    "Overlap",
    "PauseRequest",
    "PinDocument",
    "PingRequest",
    "PingResult",
    "PinPage",
    "Pool",
    "PoolDocument",
    "PoolDocumentLabels",
    "PoolDocumentLaneShares",
    "PoolFit",
    "PoolLabels",
    "PoolLaneShares",
    "PoolPage",
    "PreviewDocument",
    "PreviewRequest",
    "PriorityChange",
    "ProgressReport",
    "ProgressReportMetrics",
    "PutCanaryBody",
    "PutPinBody",
    "PutSecretBody",
    "PutUserBody",
    "PutWebhookBody",
    "QueueDocument",
    "QueuesDocument",
    "Quotas",
    "Readiness",
    "ReadinessDependencies",
    "Requirements",
    "RequirementsLabels",
    "RerunDocument",
    "RerunOnly",
    "RerunScope",
    "Resources",
    "Retries",
    "RetryAction",
    "Role",
    "RotationRequest",
    "RunDependency",
    "RunDocument",
    "RunDocumentLabels",
    "RunDocumentMetrics",
    "RunDocumentParams",
    "RunPage",
    "RunState",
    "RunSubmission",
    "RunSubmissionLabels",
    "RunSubmissionParams",
    "Scaling",
    "ScalingKind",
    "Schedule",
    "ScheduleDocument",
    "SchedulePage",
    "Scope",
    "SecretDocument",
    "SecretPage",
    "SessionDocument",
    "SessionPage",
    "SetPasswordBody",
    "SignInMethod",
    "SkippedClient",
    "SkippedRun",
    "SlotTime",
    "Timeouts",
    "TokenDocument",
    "TokenPage",
    "UpstreamFailure",
    "Usage",
    "UserDocument",
    "UserPage",
    "Vector",
    "VersionOrigin",
    "WebhookDeliveryDocument",
    "WebhookDeliveryPage",
    "WebhookDocument",
    "WebhookEvent",
    "WebhookPage",
    "WebhookResult",
    "WebhookResultChange",
    "WebhookSecretDocument",
)
