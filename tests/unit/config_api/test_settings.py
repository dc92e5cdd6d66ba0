import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from mlmon_config_api.app import create_app
from mlmon_config_api.settings import ConfigApiSettings
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.sealing import encode_key, public_key_of

PUBLIC_KEY = encode_key(public_key_of(os.urandom(32)))


def settings(**changed: Any) -> ConfigApiSettings:
    return ConfigApiSettings(
        database_url="postgresql://127.0.0.1:9/config", admin_token=SecretStr("admin"), **changed
    )


def test_keys_of_secrets_come_in_files(tmp_path: Path) -> None:
    wrapping, public = tmp_path / "wrapping", tmp_path / "public"
    wrapping.write_text(encode_key(os.urandom(32)))
    public.write_text(f"{PUBLIC_KEY}\n")

    create_app(settings(secrets_key_file=wrapping, scheduler_public_key_file=public))


def test_one_kind_of_key_alone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="secrets need both"):
        create_app(settings(scheduler_public_key=PUBLIC_KEY))
    with pytest.raises(ConfigurationError, match="secrets need both"):
        create_app(settings(secrets_kms_key="alias/mlmon"))


def test_what_is_no_key_is_refused_without_showing_it(tmp_path: Path) -> None:
    file = tmp_path / "wrapping"
    file.write_text("hunter2")

    with pytest.raises(ConfigurationError, match="SECRETS_KEY_FILE: line 1 is not 32") as caught:
        create_app(settings(secrets_key_file=file, scheduler_public_key=PUBLIC_KEY))

    assert "hunter2" not in str(caught.value)
