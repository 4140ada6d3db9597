"""The environment: read once, refused in words, keys never shown."""

from pathlib import Path

import pytest

from core.errors import InputRefused
from core.settings import SHIPPED_DATA, read_settings


def test_without_any_setting_everything_is_in_the_checkout() -> None:
    settings = read_settings({})
    assert settings.data == SHIPPED_DATA
    assert settings.fal_key is None


def test_keys_never_show(tmp_path: Path) -> None:
    settings = read_settings({"FAL_KEY": "id:hush-hush", "STILLMOTION_DATA": str(tmp_path)})
    assert settings.fal_key is not None
    assert settings.fal_key.get_secret_value() == "id:hush-hush"
    assert "hush" not in repr(settings) + str(settings) + settings.model_dump_json()


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputRefused, match=r"STILLMOTION_DATA.*is not a folder"):
        read_settings({"STILLMOTION_DATA": str(tmp_path / "file")})


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(InputRefused, match="STILLMOTION_MAX_STILL_MEGAPIXELS") as refusal:
        read_settings({"STILLMOTION_MAX_STILL_MEGAPIXELS": "many"})
    assert refusal.value.remedy
