"""The environment: every mistake at once, and no secret's value ever."""

from __future__ import annotations

import pickle

import pytest

from tests.databases import keys_text
from upr_bot.errors import SettingsError
from upr_bot.settings import VARIABLES, Secret, Settings, read_settings

TOKEN = "123456:abcdefghijklmnop"


def problems(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    return str(caught.value)


def test_nothing_set_is_the_web_on_this_machine():
    settings = read_settings({})
    assert (settings.host, settings.port, settings.token) == ("127.0.0.1", 8080, None)
    assert settings.loopback


def test_every_documented_variable_is_accepted(tmp_path):
    (tmp_path / "faq").mkdir()
    (tmp_path / "keys").write_text(keys_text(1))
    (tmp_path / "keys").chmod(0o600)
    environ = {
        "UPR_TELEGRAM_TOKEN": TOKEN,
        "UPR_TELEGRAM_API_URL": "http://127.0.0.1:9",
        "UPR_PUBLIC_URL": "https://guide.example.org",
        "UPR_WEBHOOK_SECRET": "s" * 32,
        "UPR_KEYS": keys_text(2),
        "UPR_KEYS_FILE": str(tmp_path / "keys"),
        "UPR_CONTENT": str(tmp_path),
        "UPR_OPERATOR": "Example Organisation",
        "UPR_CONTACT": "https://example.org/contact",
        "UPR_LOG_LEVEL": "debug",
        "DATABASE_URL": "postgresql://u:p@h/d",
        "HOST": "::1",
        "PORT": "8000",
        "UPR_METRICS_PORT": "9000",
    }
    assert set(environ) == set(VARIABLES)
    assert read_settings(environ).port == 8000


def test_a_platform_that_sets_port_alone_is_served_on_all_addresses():
    assert read_settings({"PORT": "5000"}).host == "0.0.0.0"
    assert read_settings({"PORT": "5000", "HOST": "127.0.0.1"}).host == "127.0.0.1"


def test_all_mistakes_are_named_at_once():
    text = problems(
        UPR_TELEGRAM_TOKEN="nonsense",
        UPR_PUBLIC_URL="http://example.org",
        PORT="99999",
        UPR_LOG_LEVEL="LOUD",
        UPR_TELEGRAM_TOKN="x",
    )
    for named in (
        "UPR_TELEGRAM_TOKEN ",
        "UPR_PUBLIC_URL must",
        "UPR_WEBHOOK_SECRET",
        "PORT",
        "UPR_LOG_LEVEL",
        "did you mean UPR_TELEGRAM_TOKEN?",
    ):
        assert named in text


@pytest.mark.parametrize(
    ("wrong", "meant"), [("UPR_TOKEN", "UPR_TELEGRAM_TOKEN"), ("UPR_SECRET", "UPR_WEBHOOK_SECRET"), ("UPR_CONTNT", "UPR_CONTENT")]
)
def test_s2_an_unknown_variable_stops_the_start_with_did_you_mean(wrong: str, meant: str):
    """S2."""
    assert f"did you mean {meant}?" in problems(**{wrong: "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UPR_TELEGRAM_TOKEN", "12345:MARKER secret"),
        ("UPR_WEBHOOK_SECRET", "MARKER"),
        ("UPR_KEYS", "1:MARKER"),
        ("DATABASE_URL", "mysql://u:MARKER@h"),
        ("UPR_KEYS_FILE", "/no/such/MARKER"),
        ("UPR_CONTENT", "/no/such/MARKER"),
    ],
)
def test_s2_a_mistake_names_the_variable_and_never_its_value(name: str, value: str):
    """S2."""
    text = problems(**{name: value})
    assert name in text
    assert "MARKER" not in text


@pytest.mark.parametrize("url", ["ftp://x", "example.org", "https://", "http://example.org", "https://a b", "https://x/?q=1"])
def test_a_public_address_is_https(url: str):
    assert "UPR_PUBLIC_URL" in problems(UPR_PUBLIC_URL=url, UPR_WEBHOOK_SECRET="s" * 40)


def test_plain_http_is_for_this_machine_only():
    assert read_settings({"UPR_PUBLIC_URL": "http://127.0.0.1:1", "UPR_WEBHOOK_SECRET": "s" * 40}).public_url


def test_n2_a_secret_does_not_print_or_pickle():
    secret = Secret("MARKER")
    assert "MARKER" not in f"{secret} {secret!r} {Settings(token=secret)}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret.reveal() == "MARKER"


def test_an_unreadable_folder_is_one_sentence(tmp_path):
    assert "neither dialogs/ nor faq/" in problems(UPR_CONTENT=str(tmp_path))
    file = tmp_path / "file"
    file.write_text("x")
    assert "not a folder" in problems(UPR_CONTENT=str(file))
