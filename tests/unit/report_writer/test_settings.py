from ipaddress import ip_network
from pathlib import Path

import pytest

from mlmon_report_writer.__main__ import main
from mlmon_report_writer.settings import ReportWriterSettings
from mlmon_shared.errors import ConfigurationError


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("MLMON_REPORT_WRITER_DATABASE_URL", "postgresql://db/reports")
    monkeypatch.setenv("MLMON_REPORT_WRITER_REDIS_URL", "redis://redis:6379/0")
    monkeypatch.setenv("MLMON_REPORT_WRITER_CONFIG_API_URL", "http://config-api:8080")
    return monkeypatch


def test_settings_come_from_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MLMON_REPORT_WRITER_BATCH_LIMIT", "100")

    settings = ReportWriterSettings()

    assert settings.batch_limit == 100
    assert not settings.migrate_on_start


def test_token_may_come_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    environment.setenv("MLMON_REPORT_WRITER_SERVICE_TOKEN_FILE", str(tmp_path / "token"))

    assert ReportWriterSettings().read_service_token() == "secret"


def test_missing_token_names_its_setting(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="MLMON_REPORT_WRITER_SERVICE_TOKEN"):
        ReportWriterSettings().read_service_token()


def test_missing_settings_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["migrate"])

    assert status == 78
    assert "MLMON_REPORT_WRITER_DATABASE_URL" in capsys.readouterr().err


def test_unknown_command_shows_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["write"])

    assert status == 64
    assert "usage" in capsys.readouterr().err


def test_networks_of_webhooks_are_written_with_commas(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MLMON_REPORT_WRITER_WEBHOOK_NETWORKS", "10.1.0.0/16, fd00::/8")

    rules = ReportWriterSettings().webhook_rules

    assert rules.networks == (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    assert not rules.allows_http


def test_network_that_is_none_is_named(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("MLMON_REPORT_WRITER_WEBHOOK_NETWORKS", "10.1.0.0/33")

    assert main(["migrate"]) == 78
    assert "MLMON_REPORT_WRITER_WEBHOOK_NETWORKS" in capsys.readouterr().err
