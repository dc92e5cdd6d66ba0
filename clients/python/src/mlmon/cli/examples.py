"""Examples that stand below each command's help; tests check that they are right.

Those of our own plug-ins (`run-local`, `up`, `demo`) are here too, so that one test has them all.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import typer

EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "apply": (
        "mlmon apply -f jobs/ --dry-run",
        "mlmon apply -f jobs/ --prune --selector team=risk --yes",
    ),
    "run-local": (
        "mlmon run-local job.yaml --client ua -p month=11",
        "mlmon run-local job.yaml --client ua --in inputs/ --secret DB=@password.txt --out out/",
    ),
    "up": ("mlmon up", "mlmon up --data ~/mlmon --port 9000"),
    "demo": ("mlmon demo", "mlmon demo --docker", "mlmon --profile team demo --attach"),
    "init": ("mlmon init churn --template train",),
    "submit": (
        "mlmon submit train --client ua -p month=11 --follow",
        "mlmon submit --batch nightly.yaml --once-per-commit --junit results.xml",
    ),
    "logs": ("mlmon logs -f RUN",),
    "cancel": ("mlmon cancel RUN", "mlmon cancel --batch BATCH"),
    "explain": ("mlmon explain RUN",),
    "queues": ("mlmon queues --watch",),
    "doctor": (
        "mlmon doctor",
        "mlmon doctor --job train",
        "mlmon doctor --job train --client acme",
    ),
    "hold": ("mlmon hold RUN", "mlmon hold --batch BATCH"),
    "release": ("mlmon release RUN", "mlmon release --batch BATCH"),
    "priority": ("mlmon priority 80 RUN", "mlmon priority 80 --batch BATCH"),
    "rerun": ("mlmon rerun RUN --downstream", "mlmon rerun --batch BATCH --failed"),
    "version": ("mlmon version",),
    "jobs list": ("mlmon jobs list", "mlmon jobs list --archived -o wide"),
    "jobs get": ("mlmon jobs get train -o yaml",),
    "jobs versions": ("mlmon jobs versions train",),
    "jobs diff": ("mlmon jobs diff train", "mlmon jobs diff train 3 5"),
    "jobs archive": ("mlmon jobs archive train",),
    "jobs restore": ("mlmon jobs restore train",),
    "jobs pin": ("mlmon jobs pin train ua 3",),
    "jobs unpin": ("mlmon jobs unpin train ua",),
    "jobs pins": ("mlmon jobs pins train",),
    "jobs canary start": (
        "mlmon jobs canary start train.yaml --percent 10",
        "mlmon jobs canary start train.yaml --client ua --client dl",
    ),
    "jobs canary show": ("mlmon jobs canary show train",),
    "jobs canary set": ("mlmon jobs canary set train --percent 50",),
    "jobs canary promote": ("mlmon jobs canary promote train",),
    "jobs canary rollback": ("mlmon jobs canary rollback train",),
    "runs list": ("mlmon runs list --job train --state failed", "mlmon runs list --watch"),
    "runs get": ("mlmon runs get RUN -o json",),
    "runs wait": ("mlmon runs wait RUN --timeout 3600",),
    "runs compare": ("mlmon runs compare RUN RUN --differences",),
    "batches list": ("mlmon batches list --watch",),
    "batches get": ("mlmon batches get BATCH",),
    "batches wait": ("mlmon batches wait BATCH", "mlmon batches wait BATCH --timeout 3600"),
    "artifacts list": ("mlmon artifacts list RUN",),
    "artifacts get": ("mlmon artifacts get RUN model/weights.bin > weights.bin",),
    "audit list": ("mlmon audit list --kind pool --since 2027-01-01",),
    "audit get": ("mlmon audit get 1234",),
    "audit actions": (
        "mlmon audit actions --kind agent --since 2027-01-01",
        "mlmon audit actions --name RUN -o json",
    ),
    "agents list": ("mlmon agents list --watch",),
    "agents get": ("mlmon agents get AGENT",),
    "agents drain": ("mlmon agents drain AGENT",),
    "agents undrain": ("mlmon agents undrain AGENT",),
    "agents release": ("mlmon agents release AGENT",),
    "backfills plan": ("mlmon backfills plan train --since 2026-01-01 --until 2026-02-01",),
    "backfills start": (
        "mlmon backfills start train --since 2026-01-01 --until 2026-02-01 --max-active 20",
    ),
    "backfills list": ("mlmon backfills list",),
    "backfills get": ("mlmon backfills get BACKFILL",),
    "backfills pause": ("mlmon backfills pause BACKFILL",),
    "backfills resume": ("mlmon backfills resume BACKFILL",),
    "backfills cancel": ("mlmon backfills cancel BACKFILL",),
    "schedules list": ("mlmon schedules list",),
    "schedules get": ("mlmon schedules get train",),
    "schedules preview": ('mlmon schedules preview "30 2 * * *" --timezone Europe/London',),
    "schedules firings": ("mlmon schedules firings train",),
    "schedules pause": ('mlmon schedules pause train --reason "new data on Monday"',),
    "schedules resume": ("mlmon schedules resume train",),
    "breakers list": ("mlmon breakers list",),
    "breakers get": ("mlmon breakers get train 3",),
    "breakers close": ("mlmon breakers close train 3",),
    "clients list": ("mlmon clients list", "mlmon clients list --watch"),
    "clients get": ("mlmon clients get ua",),
    "clients put": (
        "mlmon clients put ua --label region=us --weight 2 --max-runs 50 --param seats=180",
        "mlmon clients put ua --unset parameters.seats --unset quotas.runs",
    ),
    "clients import": ("mlmon clients import clients.csv --dry-run",),
    "clients pause": ('mlmon clients pause ua --reason "contract ended"',),
    "clients resume": ("mlmon clients resume ua",),
    "pools list": ("mlmon pools list", "mlmon pools list --watch"),
    "pools get": ("mlmon pools get gpu -o yaml",),
    "pools put": (
        "mlmon pools put gpu --cpu 32 --memory 256Gi --gpus 4 --label gpu=a100 --max-hosts 40",
        "mlmon pools put gpu --at-least gpus=1 --shape cpu=8,memory=64Gi,gpus=1 --shape gpus=4",
        "mlmon pools put gpu --price-per-hour 9.80 --unset takes.shapes",
    ),
    "resources list": ("mlmon resources list",),
    "resources get": ("mlmon resources get warehouse",),
    "resources put": ("mlmon resources put warehouse --capacity 20",),
    "secrets set": (
        "mlmon secrets set db-password --job train < password.txt",
        "mlmon secrets set db-password --source ssm:/ml/db-password --client ua",
    ),
    "secrets list": ("mlmon secrets list",),
    "secrets get": ("mlmon secrets get db-password",),
    "secrets remove": ("mlmon secrets remove db-password",),
    "tokens create": ("mlmon tokens create ci --scope submitter --job train --expires 2027-12-31",),
    "tokens list": ("mlmon tokens list",),
    "tokens get": ("mlmon tokens get TOKEN",),
    "tokens revoke": ("mlmon tokens revoke TOKEN",),
    "webhooks put": (
        "mlmon webhooks put on-call --url https://hooks.example.com/mlmon --on run.failed",
    ),
    "webhooks list": ("mlmon webhooks list",),
    "webhooks get": ("mlmon webhooks get on-call",),
    "webhooks remove": ("mlmon webhooks remove on-call",),
    "webhooks rotate": ("mlmon webhooks rotate on-call --keep-old 3600",),
    "webhooks test": ("mlmon webhooks test on-call",),
    "webhooks deliveries": ("mlmon webhooks deliveries on-call --state given_up",),
    "webhooks retry": ("mlmon webhooks retry DELIVERY",),
    "users set": ("mlmon users set ada --role operator --email ada@example.com",),
    "users list": ("mlmon users list",),
    "users get": ("mlmon users get ada",),
    "users remove": ("mlmon users remove ada",),
    "users invite": ("mlmon users invite ada",),
    "users password": ("mlmon users password ada --file password.txt",),
    "profiles list": ("mlmon profiles list",),
    "profiles get": ("mlmon profiles get team",),
    "profiles use": ("mlmon profiles use team",),
}


def add_examples(app: typer.Typer, *, at: str = "") -> None:
    """Let the help of each command below a group end with its examples.

    Args:
        app: The group.
        at: The group's own name, with a space after it.
    """
    for command in app.registered_commands:
        lines = EXAMPLES[f"{at}{command.name}"]
        command.epilog = epilog_of(lines)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            add_examples(group.typer_instance, at=f"{at}{group.name} ")


def epilog_of(lines: Sequence[str]) -> str:
    """Return examples as the end of a help text."""
    # A blank line apart, each is a line of its own.
    return "\n\n".join(["Examples:" if len(lines) > 1 else "Example:", *lines])
