"""How runs ended, as JUnit XML, which CI systems show."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from mlmon.cli.texts import plain
from mlmon.errors import ConfigurationError
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import RunState


def write_report(file: Path, name: str, runs: Sequence[RunDocument]) -> None:
    """Write a suite with a case per run: `failed` is a failure, what never ran is skipped.

    Args:
        file: Replaced if it exists.
        name: Of the suite.
        runs: All final.

    Raises:
        ConfigurationError: The file cannot be written.
    """
    seconds = sum(run.run_seconds or 0.0 for run in runs)
    failures = sum(run.state is RunState.FAILED for run in runs)
    suite = ET.Element(
        "testsuite",
        name=plain(name),
        tests=str(len(runs)),
        failures=str(failures),
        errors="0",
        skipped=str(sum(_is_skipped(run) for run in runs)),
        time=f"{seconds:.3f}",
    )
    for run in runs:
        _add(suite, run)
    root = ET.Element("testsuites")
    root.append(suite)
    try:
        ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise ConfigurationError(f"cannot write {file}: {error.strerror}") from error


def _add(suite: ET.Element, run: RunDocument) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=plain(run.job),
        name=plain(f"{run.key} ({run.client})" if run.key else run.client),
        time=f"{run.run_seconds or 0.0:.3f}",
    )
    reason = plain(run.reason or str(run.state))
    if run.state is RunState.FAILED:
        failure = ET.SubElement(case, "failure", type=str(run.cause or run.state), message=reason)
        failure.text = f"run {run.id}, attempt {run.attempt}"
    elif _is_skipped(run):
        ET.SubElement(case, "skipped", message=f"{run.state}: {reason}")


def _is_skipped(run: RunDocument) -> bool:
    return run.state in {RunState.CANCELLED, RunState.SKIPPED, RunState.EXPIRED}
