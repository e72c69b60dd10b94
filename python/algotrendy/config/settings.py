"""Every setting, with its default: a laptop needs none of them."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from algotrendy.errors import InvalidArgumentError

ENVIRONMENT_PREFIX: Final = "ALGOTRENDY_"

# The order in which areas start; each needs only those before it.
AREAS: Final = (
    "market_data",
    "ml",
    "trading",
    "risk",
    "portfolio",
    "notification",
    "strategy",
    "backtest",
    "agent",
    "gateway",
)

Port = Annotated[int, Field(ge=0, le=65535)]


class Addresses(BaseModel, frozen=True, extra="forbid"):
    """Where areas that run in other processes answer gRPC, as `host:port`."""

    market_data: str | None = None
    ml: str | None = None
    trading: str | None = None
    risk: str | None = None
    portfolio: str | None = None
    notification: str | None = None
    strategy: str | None = None
    backtest: str | None = None
    agent: str | None = None
    gateway: str | None = None


class DefaultLimits(BaseModel, frozen=True, extra="forbid"):
    """What an account may do until somebody sets its limits: enough to try, too little to be sorry.

    Amounts are in the account's currency; see `algotrendy.api.trading.v1.Limits`.
    """

    max_order_notional: Annotated[Decimal, Field(gt=0)] = Decimal(100_000)
    max_position_notional: Annotated[Decimal, Field(gt=0)] = Decimal(250_000)
    max_open_orders: Annotated[int, Field(gt=0)] = 50
    price_collar_bps: Annotated[int, Field(gt=0)] = 500
    max_reference_age_s: Annotated[int, Field(gt=0)] = 3600
    allow_short: bool = False


class BacktestQuota(BaseModel, frozen=True, extra="forbid"):
    """What the backtest area takes on."""

    # Bars of one backtest, warm-up included, of all its symbols.
    max_bars: Annotated[int, Field(gt=0)] = 50_000_000
    # Backtests that wait for their turn or run.
    max_waiting: Annotated[int, Field(gt=0)] = 100
    # How long one may run.
    time_limit_s: Annotated[float, Field(gt=0)] = 3600.0
    # How many run at a time.
    threads: Annotated[int, Field(gt=0, le=256)] = 1


class Settings(BaseSettings):
    """The settings of one process.

    A field is set by the environment variable of its name in capitals after `ALGOTRENDY_`:
    `ALGOTRENDY_HTTP_PORT=9000`, `ALGOTRENDY_ADDRESS_TRADING=10.0.0.7:50053`.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        frozen=True,
        extra="forbid",
    )

    # Everything the process keeps; made when it does not exist.
    data_dir: Path = Path("data")
    # Where PostgreSQL's own folder goes when the process runs as root, which PostgreSQL refuses.
    postgres_home: Path = Path("/var/lib/algotrendy")

    http_host: str = "127.0.0.1"
    # 0 takes any free port, for tests.
    http_port: Port = 8080
    grpc_host: str = "127.0.0.1"
    # The first of ten consecutive ports, one per area in the order of `AREAS`; 0 takes free ones.
    grpc_port_base: Annotated[int, Field(ge=0, le=65526)] = 50051
    address: Addresses = Addresses()

    # Unset: the process starts its own server. Both may hold a password, hence no repr.
    nats_url: Annotated[str | None, Field(repr=False)] = None
    postgres_dsn: Annotated[str | None, Field(repr=False)] = None

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # How long the replay of one bar waits for a consumer before it fails, naming the consumer.
    replay_deadline_s: Annotated[float, Field(gt=0, le=3600)] = 30.0

    # `ALGOTRENDY_RISK_MAX_ORDER_NOTIONAL=5000`.
    risk: DefaultLimits = DefaultLimits()
    # `ALGOTRENDY_BACKTEST_MAX_BARS=1000000`.
    backtest: BacktestQuota = BacktestQuota()

    def grpc_port(self, area: str) -> int:
        """Return the port `area` listens on; 0 is any free one."""
        return self.grpc_port_base and self.grpc_port_base + AREAS.index(area)

    def address_of(self, area: str) -> str | None:
        """Return where `area` answers when it runs in another process.

        Unless it is set, that is its port on this machine; None when ports are any free ones.
        """
        address: str | None = getattr(self.address, area)
        if address is None and self.grpc_port_base:
            return f"{reachable_host(self.grpc_host)}:{self.grpc_port(area)}"
        return address


def reachable_host(host: str) -> str:
    """Return where this machine reaches a server on `host`, which may mean all addresses."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104  # Not bound.


def load_settings(**overrides: object) -> Settings:
    """Read the settings from the environment; `overrides` come first.

    Raises
    ------
    InvalidArgumentError
        A value is out of range or malformed; names the variable and the value.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks them.
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ENVIRONMENT_PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        value = str(first["input"])
        raise InvalidArgumentError(
            f"{name} is {value!r}: {first['msg'][:1].lower()}{first['msg'][1:]}",
            field=name,
            value=value,
        ) from error
