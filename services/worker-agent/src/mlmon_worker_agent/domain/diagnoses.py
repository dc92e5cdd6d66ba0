"""What a doctor concludes about a host, from facts that others gathered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from mlmon_shared import diagnoses as shared
from mlmon_shared.diagnoses import Diagnosis, Verdict
from mlmon_worker_agent.domain.disk_space import LEAST_DISK
from mlmon_worker_agent.domain.gpus import Gpu

_MIB: Final = 2**20
_LITTLE_DISK: Final = 1024 * _MIB


def diagnose_clock(server: datetime | None, asked_at: datetime, told_at: datetime) -> Diagnosis:
    """Return whether this host's clock is the server's; see `mlmon_shared.diagnoses`."""
    return shared.diagnose_clock(
        server,
        asked_at,
        told_at,
        here="this host",
        remedy="uploads and certificates may be refused; synchronise it (timedatectl set-ntp true)",
    )


def diagnose_disk(folder: Path, free: int) -> Diagnosis:
    """Return whether there is room for attempts.

    Args:
        folder: Where they keep their files.
        free: Bytes.
    """
    room = f"{free // _MIB} MiB free for {folder}"
    if free < LEAST_DISK:
        why = f"{room}: nothing is taken below {LEAST_DISK // _MIB} MiB; free some, or move it"
        return Diagnosis("disk", Verdict.WRONG, f"{why} (MLMON_AGENT_SCRATCH_FOLDER)")
    if free < _LITTLE_DISK:
        return Diagnosis("disk", Verdict.NOTE, f"only {room}: images and attempts need more")
    return Diagnosis("disk", Verdict.OK, room)


def diagnose_gpus(
    gpus: Sequence[Gpu], faults: Mapping[str, str], *, wanted: int | None, trouble: str | None
) -> Diagnosis:
    """Return whether the GPUs of this host can be given to attempts.

    Args:
        gpus: That the driver found.
        faults: What is wrong with some of them, by UUID.
        wanted: How many to offer, as set; None is all.
        trouble: Why the driver does not work; None when it does, or when there is none.
    """
    if wanted == 0:
        return Diagnosis("gpu", Verdict.OK, "no GPU is offered (MLMON_AGENT_GPUS=0)")
    less = "or set MLMON_AGENT_GPUS=0"
    if trouble is not None:
        remedy = f"install the NVIDIA driver of this kernel, {less}"
        return Diagnosis("gpu", Verdict.WRONG, f"{trouble}: {remedy}")
    if wanted is not None and len(gpus) < wanted:
        there = f"MLMON_AGENT_GPUS={wanted}, but the driver finds {len(gpus)}"
        return Diagnosis("gpu", Verdict.WRONG, f"{there}: check nvidia-smi, {less}")
    broken = [f"{gpu.title}: {faults[gpu.uuid]}" for gpu in gpus if gpu.uuid in faults]
    if broken:
        remedy = "reset it (nvidia-smi --gpu-reset) or restart the host"
        return Diagnosis("gpu", Verdict.WRONG, f"{'; '.join(broken)}; {remedy}")
    if not gpus:
        return Diagnosis("gpu", Verdict.OK, "this host has no NVIDIA GPU")
    models = ", ".join(sorted({gpu.model for gpu in gpus}))
    return Diagnosis("gpu", Verdict.OK, f"{len(gpus)} found ({models}), driver {gpus[0].driver}")


def are_well(found: Sequence[Diagnosis]) -> bool:
    """Tell whether nothing needs somebody's hand."""
    return all(diagnosis.verdict is not Verdict.WRONG for diagnosis in found)


def as_text(found: Sequence[Diagnosis]) -> str:
    """Return one line for each diagnosis, in columns."""
    width = max((len(each.subject) for each in found), default=0)
    return "".join(f"{each.verdict:<5}  {each.subject:<{width}}  {each.detail}\n" for each in found)
