"""The environment: read once, refused in words, keys never shown."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from core.errors import InputRefused
from core.settings import NAMES, SHIPPED_DATA, read_settings


def test_without_any_setting_everything_is_in_the_checkout() -> None:
    settings = read_settings(dict.fromkeys(NAMES.values(), ""))  # else a developer's own .env would count
    assert settings.data == SHIPPED_DATA
    assert settings.fal_key is None


def test_no_test_can_reach_fal_or_spend_money() -> None:
    settings = read_settings()
    assert settings.fal_key is None
    assert settings.fal_admin_key is None
    urls = (settings.fal_queue_url, settings.fal_rest_url, settings.fal_cdn_url, settings.fal_api_url)
    assert {urlsplit(url).hostname for url in urls} == {"fal.invalid"}


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


def test_who_orders_is_the_account_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "director")
    assert read_settings({"STILLMOTION_PERSON": ""}).person == "director"
    assert read_settings({"STILLMOTION_PERSON": " Jo  Ng "}).person == "Jo Ng"
    with pytest.raises(InputRefused, match="STILLMOTION_PERSON"):
        read_settings({"STILLMOTION_PERSON": "x" * 81})
