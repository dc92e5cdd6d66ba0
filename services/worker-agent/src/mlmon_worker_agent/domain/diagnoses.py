"""What a doctor concludes about a host, from facts that others gathered."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from mlmon_shared import diagnoses as shared
from mlmon_shared.diagnoses import Diagnosis, Verdict
from mlmon_worker_agent.domain.disk_space import LEAST_DISK

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


def diagnose_gpus(devices: int, wanted: int | None, trouble: str | None) -> Diagnosis:
    """Return whether the GPUs of this host can be watched.

    Args:
        devices: Device files of NVIDIA that are there.
        wanted: As set; None when it is not.
        trouble: Why NVIDIA's management library (NVML) does not work; None when it does.
    """
    if trouble is None:
        return Diagnosis("gpu", Verdict.OK, "NVIDIA's management library answers")
    if devices or wanted:
        there = f"{devices} GPU devices are there, {wanted or 0} are set, but NVML does not work"
        remedy = "install the NVIDIA driver of this kernel, or set MLMON_AGENT_GPUS=0"
        return Diagnosis("gpu", Verdict.WRONG, f"{there} ({trouble}): {remedy}")
    return Diagnosis("gpu", Verdict.OK, "this host has no NVIDIA GPU")


def are_well(found: Sequence[Diagnosis]) -> bool:
    """Tell whether nothing needs somebody's hand."""
    return all(diagnosis.verdict is not Verdict.WRONG for diagnosis in found)


def as_text(found: Sequence[Diagnosis]) -> str:
    """Return one line for each diagnosis, in columns."""
    width = max((len(each.subject) for each in found), default=0)
    return "".join(f"{each.verdict:<5}  {each.subject:<{width}}  {each.detail}\n" for each in found)
