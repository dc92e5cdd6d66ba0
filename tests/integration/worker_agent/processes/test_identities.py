"""Agents that register by the signed identity of their instance, in place of a token."""

import stat

from mlmon_shared.testing.polling import eventually
from tests.instance_metadata import INSTANCE, Metadata, authority
from tests.integration.worker_agent.conftest import FakeScheduler
from tests.integration.worker_agent.processes.conftest import AgentProcess


def by_identity(metadata: Metadata) -> dict[str, str | None]:
    return {
        "bootstrap_token": None,
        "instance_identity": "true",
        "pool": "gpu",
        "metadata_url": metadata.url,
    }


async def test_identity_is_shown_to_the_byte_with_a_nonce_that_stays(
    scheduler: FakeScheduler, agent: AgentProcess, metadata: Metadata
) -> None:
    scheduler.instance = INSTANCE
    # What is signed may end in white space.
    metadata.signed = authority().sign(authority().sign().document + " \n")
    await agent.start(**by_identity(metadata))
    await eventually(lambda: scheduler.beats)
    await agent.stop()
    await agent.start(**by_identity(metadata))
    await eventually(lambda: len(scheduler.registrations) > 1)

    first, second = (each.identity for each in scheduler.registrations[:2])
    assert first is not None
    assert first.document == metadata.signed.document
    assert first.signature == metadata.signed.signature.strip()
    assert first.pool == "gpu"
    assert first == second
    kept = agent.folder / "nonce"
    assert kept.read_text().strip() == first.nonce
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert first.nonce not in agent.log


async def test_identity_is_read_anew_when_the_session_has_ended(
    scheduler: FakeScheduler, agent: AgentProcess, metadata: Metadata
) -> None:
    scheduler.instance = INSTANCE
    metadata.signed = authority().sign()
    await agent.start(**by_identity(metadata))
    await eventually(lambda: scheduler.beats)

    metadata.signed = authority().sign(instanceType="g5.2xlarge")
    scheduler.valid_session = "another"
    await eventually(lambda: len(scheduler.registrations) > 1)

    identity = scheduler.registrations[1].identity
    assert identity is not None
    assert "g5.2xlarge" in identity.document


async def test_agent_waits_for_its_metadata_and_runs_what_it_is_given(
    scheduler: FakeScheduler, agent: AgentProcess, metadata: Metadata
) -> None:
    scheduler.instance = INSTANCE
    spec = scheduler.python("print('done')")
    await agent.start(**by_identity(metadata))
    await eventually(lambda: "the instance's metadata has no identity document" in agent.log)

    metadata.signed = authority().sign()

    assert (await scheduler.result(spec)).state == "succeeded"


async def test_scheduler_that_knows_no_identities_is_told_plainly(
    scheduler: FakeScheduler, agent: AgentProcess, metadata: Metadata
) -> None:
    metadata.signed = authority().sign()
    await agent.start(**by_identity(metadata))

    await eventually(lambda: "it is older than this agent; upgrade it, or set" in agent.log)
    assert not scheduler.registrations


async def test_refusal_is_told_in_the_scheduler_s_words(
    scheduler: FakeScheduler, agent: AgentProcess, metadata: Metadata
) -> None:
    scheduler.instance = "i-11111111"
    metadata.signed = authority().sign()
    await agent.start(**by_identity(metadata))

    await eventually(lambda: "another instance" in agent.log)
    assert not scheduler.registrations


async def test_token_and_identity_exclude_each_other_in_one_line(
    agent: AgentProcess, metadata: Metadata
) -> None:
    by_itself = by_identity(metadata)
    refused: dict[str, dict[str, str | None]] = {
        "_TOKEN or MLMON_AGENT_INSTANCE_IDENTITY=true, not both": by_itself
        | {"bootstrap_token": "bootstrap"},
        "_TOKEN_FILE, or on EC2 MLMON_AGENT_INSTANCE_IDENTITY=true": {"bootstrap_token": None},
        "_IDENTITY=true needs MLMON_AGENT_POOL": by_itself | {"pool": None},
        "_IDENTITY=true needs MLMON_AGENT_METADATA_URL": by_itself | {"metadata_url": None},
        "MLMON_AGENT_POOL goes with": {"pool": "gpu"},
    }
    for settings in refused.values():
        await agent.start(**settings)
        assert await agent.wait() == 78

    lines = agent.log.splitlines()
    assert len(lines) == len(refused)
    for line, words in zip(lines, refused, strict=True):
        assert words in line
    agent.scratch.mkdir(parents=True)
