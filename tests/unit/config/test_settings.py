from pathlib import Path

import pytest

from algotrendy.config import AREAS, load_settings
from algotrendy.errors import InvalidArgumentError


def test_a_laptop_needs_no_setting() -> None:
    settings = load_settings()
    assert settings.data_dir == Path("data")
    assert settings.http_port == 8080
    assert settings.nats_url is None
    assert settings.postgres_dsn is None


def test_areas_have_consecutive_ports_in_their_order() -> None:
    settings = load_settings()
    assert [settings.grpc_port(area) for area in AREAS] == list(range(50051, 50061))


def test_a_port_base_of_zero_takes_free_ports() -> None:
    settings = load_settings(grpc_port_base=0)
    assert {settings.grpc_port(area) for area in AREAS} == {0}


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGOTRENDY_DATA_DIR", "/srv/data")
    monkeypatch.setenv("ALGOTRENDY_HTTP_PORT", "9000")
    monkeypatch.setenv("ALGOTRENDY_ADDRESS_TRADING", "10.0.0.7:50053")
    monkeypatch.setenv("ALGOTRENDY_ADDRESS_MARKET_DATA", "10.0.0.8:50051")
    settings = load_settings()
    assert settings.data_dir == Path("/srv/data")
    assert settings.http_port == 9000
    assert settings.address_of("trading") == "10.0.0.7:50053"
    assert settings.address_of("market_data") == "10.0.0.8:50051"


def test_another_area_is_on_this_machine_unless_set() -> None:
    assert load_settings().address_of("risk") == "127.0.0.1:50054"
    assert load_settings(grpc_host="0.0.0.0").address_of("risk") == "127.0.0.1:50054"  # noqa: S104
    assert load_settings(grpc_host="10.0.0.7").address_of("risk") == "10.0.0.7:50054"
    assert load_settings(grpc_port_base=0).address_of("risk") is None


def test_an_override_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGOTRENDY_HTTP_PORT", "9000")
    assert load_settings(http_port=0).http_port == 0


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALGOTRENDY_HTTP_PORT", "eighty"),
        ("ALGOTRENDY_HTTP_PORT", "70000"),
        ("ALGOTRENDY_GRPC_PORT_BASE", "65530"),
        ("ALGOTRENDY_LOG_LEVEL", "LOUD"),
        ("ALGOTRENDY_REPLAY_DEADLINE_S", "0"),
    ],
)
def test_a_wrong_value_names_the_variable_and_the_value(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidArgumentError) as refusal:
        load_settings()
    assert refusal.value.metadata == {"field": variable, "value": value}
    assert str(refusal.value).startswith(f"{variable} is {value!r}: ")


def test_passwords_stay_out_of_the_settings_text() -> None:
    settings = load_settings(
        nats_url="nats://token@nats:4222", postgres_dsn="postgresql://a:password@db/a"
    )
    assert "token" not in repr(settings)
    assert "password" not in repr(settings)
