"""The platform over REST, as a stranger with `curl` meets it."""

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.conftest import UpProcess

from algotrendy.api.market_data.v1.market_data_service_pb2 import ReplayBarsRequest
from algotrendy.client import Client
from algotrendy.rpc.addresses import read_addresses

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

# The first and the last day; that one is left out.
Replay = Callable[[str, str], None]

FEATURES = [
    {"name": "momentum", "expression": "ret(close, 20)"},
    {"name": "volatility", "expression": "std(ret(close, 1), 20)"},
]


class Api:
    """`/api/v1` of a running platform, as one user."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self.answer("GET", path, params=query)

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return self.answer("POST", path, json=body)

    def put(self, path: str, **body: Any) -> dict[str, Any]:
        return self.answer("PUT", path, json=body)

    def answer(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        response = self.request(method, path, **options)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    def refusal(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        response = self.request(method, path, **options)
        assert response.headers["content-type"] == "application/problem+json"
        return response.status_code, response.json()["reason"]

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._http.request(
            method, f"/api/v1/{path}", headers=self._headers, timeout=120, **options
        )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    up = UpProcess(tmp_path_factory.mktemp("rest") / "data")
    try:
        with httpx.Client(base_url=up.ready().http) as http:
            yield http, up.data_dir
    finally:
        up.close()


@pytest.fixture(scope="module")
def login(running: tuple[httpx.Client, Path]) -> Callable[[str, str], Api]:
    http, _ = running

    def as_user(username: str, password: str) -> Api:
        body = {"username": username, "password": password}
        answer = http.post("/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        return Api(http, answer.json()["access_token"])

    return as_user


@pytest.fixture(scope="module")
def admin(running: tuple[httpx.Client, Path], login: Callable[[str, str], Api]) -> Api:
    _, data_dir = running
    api = login("admin", (data_dir / "secrets" / "admin-password").read_text().strip())
    api.post("market-data/SP500:import", bundled_name="arch:sp500")
    return api


@pytest.fixture(scope="module")
def strategy_id(admin: Api) -> str:
    model = admin.post(
        "models/train",
        request_id="train-1",
        name="rest",
        symbols=["SP500"],
        features=FEATURES,
        label={"horizon_bars": 5},
        train_end_time="2013-01-01T00:00:00Z",
        parameters={"num_iterations": 20},
    )["model"]
    assert admin.get(f"models/{model['model_id']}")["model"] == model
    created = admin.post(
        "strategies",
        request_id="strategy-1",
        display_name="Over REST",
        spec={
            "symbols": ["SP500"],
            "entry": f'model("{model["model_id"]}") >= 0.55',
            "exit": f'model("{model["model_id"]}") <= 0.5',
            "position_weight": "0.9",
        },
    )
    strategy_id: str = created["strategy"]["strategy_id"]
    return strategy_id


@pytest.fixture(scope="module")
def account_id(admin: Api) -> str:
    opened = admin.post(
        "accounts",
        request_id="account-1",
        display_name="Over REST",
        currency="USD",
        initial_cash="1000000",
    )
    account_id: str = opened["account"]["account_id"]
    limits = {"max_order_quantity": "100", "max_open_orders": 5, "max_reference_age_s": "3600"}
    admin.put("risk/limits", account_id=account_id, limits=limits)
    return account_id


def test_bars_are_decimal_columns_of_the_symbol(admin: Api) -> None:
    body = admin.get("market-data/SP500", limit="3")
    assert body["instrument"]["tick_size"] == "0.01"
    assert len(body["bars"]["close"]) == 3


def test_renko_bars_are_made_of_the_stored_bars(admin: Api) -> None:
    query = {"start_time": "2017-01-01T00:00:00Z", "end_time": "2018-01-01T00:00:00Z"}
    body = admin.get("market-data/SP500", **{"renko.size": "25", **query})
    bars = body["bars"]
    assert body["source"] == "BAR_SOURCE_BARS"
    *reasons, last = bars["close_reason"]
    assert set(reasons) == {"BAR_CLOSE_REASON_BRICK"}
    assert (last, bars["flags"][-1]) == ("BAR_CLOSE_REASON_FINISH", 1)
    opens, closes = ([int(units) for units in bars[name][:-1]] for name in ("open", "close"))
    assert len(opens) > 10
    assert {abs(close - open_) for open_, close in zip(opens, closes, strict=True)} == {2500}
    traded = sum(int(units) for units in bars["volume"])
    assert str(traded) == body["report"]["accepted"]["volume"]
    wicked = admin.get(
        "market-data/SP500", **{"renko.size": "25", "renko.wicks": "RENKO_WICKS_BOTH", **query}
    )
    assert wicked["bars"]["close"] == bars["close"]
    assert wicked["bars"]["low"] != bars["low"]


def test_a_style_without_parameters_is_asked_for_by_its_name(admin: Api) -> None:
    body = admin.get("market-data/SP500", limit="3", heikin_ashi="")
    assert body["bars"]["price_scale"] == body["bars"]["quantity_scale"] + 8
    assert len(body["bars"]["close"]) == 3


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"renko.size": "0"}, "renko.size"),
        ({"renko.size": "ten"}, "renko.size"),
        ({"renko.sizes": "1"}, "renko.sizes"),
        ({"renko": ""}, "renko.size"),
        ({"renko.size": "1", "tick.size": "5"}, "renko"),
        ({"renko.size": "1", "renko.size_ticks": "5"}, "renko.size_ticks"),
    ],
)
def test_a_wrong_parameter_of_a_style_is_named(
    admin: Api, query: dict[str, str], field: str
) -> None:
    response = admin.request("GET", "market-data/SP500", params=query)
    assert response.status_code == 400
    assert response.json()["metadata"]["field"] == field


def test_trades_and_quotes_are_imported_and_listed_page_by_page(admin: Api, tmp_path: Path) -> None:
    trades, quotes = tmp_path / "trades.csv", tmp_path / "quotes.csv"
    trades.write_text("time,price,qty,side\n1,10.5,3,buy\n2,10.25,1,sell\n3,10.5,2,buy\n")
    quotes.write_text("time,bid,ask\n1,10.25,10.5\n2,10.5,10.25\n")
    imported = admin.post("market-data/TICK:import", file_path=str(trades))
    assert imported["tick_count"] == "3"
    first = admin.get("market-data/TICK/trades", page_size="2")
    assert first["trades"]["price"] == ["1050", "1025"]
    assert first["trades"]["side"] == ["AGGRESSOR_SIDE_BUYER", "AGGRESSOR_SIDE_SELLER"]
    last = admin.get("market-data/TICK/trades", page_token=first["next_page_token"])
    assert (last["trades"]["price"], last["next_page_token"]) == (["1050"], "")
    body = {"file_path": str(quotes)}
    crossed = admin.request("POST", "market-data/TICK:importQuotes", json=body)
    assert (crossed.status_code, crossed.json()["reason"]) == (400, "DATA_VALUE_INVALID")
    assert crossed.json()["metadata"]["row"] == "2"
    none = admin.refusal("GET", "market-data/TICK/quotes")
    assert none == (400, "FAILED_PRECONDITION")
    quotes.write_text("time,bid,ask\n1,10.25,10.5\n2,10.25,10.75\n")
    assert admin.post("market-data/TICK:importQuotes", **body)["quote_count"] == "2"
    listed = admin.get("market-data/TICK/quotes", start_time="1970-01-01T00:00:02Z")
    assert listed["quotes"]["ask"] == ["1075"]


def test_a_model_predicts_one_probability_a_row(admin: Api, strategy_id: str) -> None:
    (model,) = admin.get("models")["models"]
    rows = [{"values": [0.01, 0.008]}, {"values": [-0.05, 0.02]}]
    body = admin.post(f"models/{model['model_id']}/predict", rows=rows)
    assert all(0 <= probability <= 1 for probability in body["probabilities"])
    others = [{"name": "momentum", "expression": "ret(close, 10)"}]
    for wrong in ({"rows": [{"values": [0.01]}]}, {"rows": rows, "features": others}):
        status = admin.refusal("POST", f"models/{model['model_id']}/predict", json=wrong)
        assert status == (400, "MODEL_FEATURES_MISMATCH")


def test_features_are_computed_over_stored_bars(admin: Api) -> None:
    asked = [*FEATURES, {"name": "rising", "expression": "close > sma(close, 50)"}]
    body = admin.post("market-data/SP500:features", features=asked, limit=3)
    assert [column["name"] for column in body["columns"]] == ["momentum", "volatility", "rising"]
    momentum, _, rising = body["columns"]
    closes = [int(units) for units in admin.get("market-data/SP500", limit="23")["bars"]["close"]]
    expected = [later / earlier - 1 for earlier, later in zip(closes, closes[20:], strict=False)]
    assert momentum["values"] == pytest.approx(expected)
    assert (rising["kind"], set(rising["values"])) == ("FEATURE_KIND_BOOLEAN", {0.0})
    assert body["warm_up"] == 49
    first = admin.post(
        "market-data/SP500:features", features=FEATURES, end_time="1999-02-03T00:00:00Z"
    )
    assert first["columns"][0]["valid"][-5:] == [False, False, False, False, True]


def test_an_expression_that_is_none_is_told_with_its_character(admin: Api) -> None:
    wrong = {"features": [{"name": "bad", "expression": "close / emaa(close, 5)"}]}
    response = admin.request("POST", "market-data/SP500:features", json=wrong)
    problem = response.json()
    assert (response.status_code, problem["reason"]) == (400, "EXPRESSION_INVALID")
    assert (problem["metadata"]["feature"], problem["metadata"]["position"]) == ("bad", "8")
    spec = {"symbols": ["SP500"], "entry": "close", "exit": "False", "position_weight": "0.5"}
    body = {"request_id": "bad", "display_name": "No condition", "spec": spec}
    problem = admin.request("POST", "strategies", json=body).json()
    assert (problem["reason"], problem["metadata"]["field"]) == ("EXPRESSION_INVALID", "entry")


def test_a_strategy_is_backtested_on_bars_its_model_has_not_seen(
    admin: Api, strategy_id: str
) -> None:
    body = admin.post(
        f"strategies/{strategy_id}/backtest",
        request_id="backtest-1",
        start_time="2013-01-01T00:00:00Z",
        initial_cash="1000000",
    )
    backtest_id = body["backtest"]["backtest_id"]
    backtest = admin.get(f"backtests/{backtest_id}", wait="true")["backtest"]
    assert backtest["state"] == "BACKTEST_STATE_SUCCEEDED"
    assert int(backtest["fill_count"]) > 0
    seen = {"request_id": "backtest-2", "start_time": "2010-01-01T00:00:00Z"}
    refusal = admin.refusal("POST", f"strategies/{strategy_id}/backtest", json=seen)
    assert refusal == (400, "MODEL_IN_SAMPLE")


def test_a_strategy_is_deployed_to_an_account(
    admin: Api, strategy_id: str, account_id: str
) -> None:
    body = admin.post(
        f"strategies/{strategy_id}/deploy", request_id="deploy-1", account_id=account_id
    )
    deployment = body["deployment"]
    assert deployment["state"] == "DEPLOYMENT_STATE_ACTIVE"
    stopped = admin.post(f"deployments/{deployment['deployment_id']}:stop")
    assert stopped["deployment"]["state"] == "DEPLOYMENT_STATE_STOPPED"


@pytest.mark.parametrize(
    ("terms", "status", "reason"),
    [
        ({"quantity": "0"}, 400, "QUANTITY_NOT_POSITIVE"),
        ({"quantity": "-1"}, 400, "QUANTITY_NOT_POSITIVE"),
        ({"quantity": "1.5"}, 400, "QUANTITY_OFF_LOT"),
        ({"limit_price": "2500.005"}, 400, "PRICE_OFF_TICK"),
        ({"limit_price": "-1.00"}, 400, "PRICE_NOT_POSITIVE"),
        ({"symbol": "NOPE"}, 400, "UNKNOWN_INSTRUMENT"),
        ({"account_id": "01900000-0000-7000-8000-000000000000"}, 404, "ACCOUNT_UNKNOWN"),
        ({"quantity": "ten"}, 400, "INVALID_ARGUMENT"),
        ({"side": "SIDEWAYS"}, 400, "INVALID_ARGUMENT"),
        ({"quantty": "1"}, 400, "INVALID_ARGUMENT"),
        # No bar was replayed to the account, so nothing is known to check the order against.
        ({}, 400, "REFERENCE_PRICE_MISSING"),
    ],
)
def test_an_order_that_must_not_be_taken_is_refused_with_its_reason(
    admin: Api,
    strategy_id: str,
    account_id: str,
    terms: dict[str, str],
    status: int,
    reason: str,
) -> None:
    admin.post(f"strategies/{strategy_id}/deploy", request_id="deploy-2", account_id=account_id)
    wanted = {**order(account_id, f"order-{terms}", quantity="1"), **terms}
    assert admin.refusal("POST", "orders", json=wanted) == (status, reason)


def test_a_repeated_order_gets_its_first_answer_and_another_body_a_conflict(
    admin: Api, strategy_id: str, account_id: str
) -> None:
    admin.post(f"strategies/{strategy_id}/deploy", request_id="deploy-2", account_id=account_id)
    wanted = order(account_id, "repeated", quantity="1")
    first = admin.refusal("POST", "orders", json=wanted)
    assert admin.refusal("POST", "orders", json=wanted) == first
    other = admin.refusal("POST", "orders", json={**wanted, "quantity": "2"})
    assert other == (409, "CLIENT_ORDER_ID_REUSED")
    (listed,) = [
        one
        for one in admin.get("orders", account_id=account_id)["orders"]
        if one["client_order_id"] == "repeated"
    ]
    assert listed["status"] == "ORDER_STATUS_REJECTED"
    assert admin.get(f"orders/{listed['order_id']}")["order"] == listed


def test_portfolio_and_limits_are_read_back(admin: Api, account_id: str) -> None:
    limits = admin.get("risk/limits", account_id=account_id)["limits"]
    assert limits["max_order_quantity"] == "100"
    portfolio = admin.get(f"portfolio/{account_id}")["portfolio"]
    assert portfolio["portfolio_id"] == account_id


@pytest.fixture(scope="module")
def traded_id(admin: Api, strategy_id: str, replay: Replay) -> str:
    """An account that trades a fund of the S&P 500, whose price it knows: that of 2018's start."""
    opened = admin.post(
        "accounts",
        request_id="account-2",
        display_name="Traded by hand",
        currency="USD",
        initial_cash="1000000",
    )
    account_id: str = opened["account"]["account_id"]
    set_limits(admin, account_id)
    body = admin.post(
        f"strategies/{strategy_id}/deploy", request_id="deploy-3", account_id=account_id
    )
    admin.post(f"deployments/{body['deployment']['deployment_id']}:stop")
    replay("2018-01-02", "2018-01-05")
    return account_id


def set_limits(admin: Api, account_id: str, **account_limits: Any) -> dict[str, Any]:
    limits = {"account_limits": account_limits, "allow_short": True}
    body = admin.put("risk/limits", account_id=account_id, limits=limits)
    answer: dict[str, Any] = body["limits"]
    return answer


@pytest.fixture(scope="module")
def replay(running: tuple[httpx.Client, Path]) -> Replay:
    """Replays days of the S&P 500, over gRPC: there is no such route."""
    _, data_dir = running

    async def run(first_day: str, last_day: str) -> None:
        request = ReplayBarsRequest(symbols=["SP500"])
        request.start_time.FromJsonString(f"{first_day}T00:00:00Z")
        request.end_time.FromJsonString(f"{last_day}T00:00:00Z")
        async with Client(read_addresses(data_dir).grpc) as client:
            async for _ in client.market_data.ReplayBars(request):
                pass

    return lambda first_day, last_day: asyncio.run(run(first_day, last_day))


def order(account_id: str, client_order_id: str, **terms: Any) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "client_order_id": client_order_id,
        "symbol": "SP500",
        "side": "SIDE_BUY",
        "quantity": "10",
        **terms,
    }


def test_limits_are_set_and_every_version_is_read_back(admin: Api, traded_id: str) -> None:
    soft = {"value": "20000", "severity": "SEVERITY_SOFT"}
    stored = set_limits(
        admin,
        traded_id,
        max_order_notional=soft,
        order_rate={"count": 100, "window": "1s"},
    )
    assert stored["account_limits"]["max_order_notional"] == soft
    assert stored["account_limits"]["order_rate"] == {"count": 100, "window": "1s"}
    later = set_limits(admin, traded_id, max_order_quantity={"value": "100"})
    assert int(later["version"]) == int(stored["version"]) + 1

    assert admin.get("risk/limits", account_id=traded_id)["limits"] == later
    earlier = admin.get("risk/limits", account_id=traded_id, version=stored["version"])
    assert earlier["limits"] == stored
    newest = admin.get("risk/limits/versions", account_id=traded_id, page_size="2")
    assert [each["limits"] for each in newest["versions"]] == [later, stored]
    assert all(each["apply_time"] for each in newest["versions"])
    assert newest["next_page_token"]
    missing = {"account_id": traded_id, "version": "999"}
    assert admin.refusal("GET", "risk/limits", params=missing) == (404, "NOT_FOUND")


def test_a_refusal_tells_rule_limit_and_observed_value(admin: Api, traded_id: str) -> None:
    set_limits(admin, traded_id, max_order_quantity={"value": "100"})
    asked = order(traded_id, "too-many", quantity="101")
    problem = admin.request("POST", "orders", json=asked).json()
    assert (problem["status"], problem["reason"]) == (400, "QUANTITY_LIMIT_EXCEEDED")
    metadata = problem["metadata"]
    assert (metadata["rule"], metadata["limit"], metadata["observed"]) == (
        "order_quantity",
        "100",
        "101",
    )
    checked = admin.post("orders:check", order=asked)
    rows = {row["rule"]: row for row in checked["rows"]}
    assert rows["order_quantity"]["verdict"] == "VERDICT_REFUSED"
    assert rows["order_quantity"]["head_room"] == "-1"
    assert not checked["accepted"]


def test_an_order_above_a_soft_limit_waits_for_somebody_else(
    admin: Api, login: Callable[[str, str], Api], traded_id: str
) -> None:
    soft = {"value": "20000", "severity": "SEVERITY_SOFT"}
    set_limits(admin, traded_id, max_order_notional=soft)
    waiting = admin.post("orders", **order(traded_id, "large"))["order"]
    assert (waiting["awaiting_approval"], waiting["trader_id"]) == (True, "admin")
    (approval,) = admin.get("risk/approvals", account_id=traded_id)["approvals"]
    assert approval["order"]["order_id"] == waiting["order_id"]
    assert approval["failure"]["reason"] == "NOTIONAL_LIMIT_EXCEEDED"

    path = f"risk/approvals/{waiting['order_id']}:approve"
    status, _ = admin.refusal("POST", path, json={})
    assert status == 400
    assert admin.refusal("POST", path, json={"approver": "boss"}) == (403, "PERMISSION_DENIED")
    admin.post("users", username="boss", password="correct horse", role="ROLE_ADMIN")
    boss = login("boss", "correct horse")
    approved = boss.post(path, note="fine")["order"]
    assert not approved["awaiting_approval"]
    assert not admin.get("risk/approvals", account_id=traded_id)["approvals"]

    denied = admin.post("orders", **order(traded_id, "larger", quantity="20"))["order"]
    answer = boss.post(f"risk/approvals/{denied['order_id']}:deny")["order"]
    assert answer["reject_reason"] == "APPROVAL_DENIED"
    override = {"rule": "order_notional", "until_time": "2018-02-01T00:00:00Z"}
    boss.post("risk/overrides", account_id=traded_id, override=override, note="for a month")
    at_once = admin.post("orders", **order(traded_id, "largest", quantity="30"))["order"]
    assert not at_once["awaiting_approval"]
    (granted,) = admin.get("risk/switches", account_id=traded_id)["overrides"]
    assert granted["approver"] == "boss"
    admin.post("orders:cancelAll", account_id=traded_id)


def test_orders_are_listed_replaced_cancelled_and_positions_closed(
    admin: Api, traded_id: str, replay: Replay
) -> None:
    set_limits(admin, traded_id)
    entry = order(traded_id, "entry")
    target = order(traded_id, "target", side="SIDE_SELL", limit_price="2900.00")
    stop = order(traded_id, "stop", side="SIDE_SELL", stop_price="2500.00")
    body = {
        "account_id": traded_id,
        "list_id": "bracket-1",
        "contingency": "CONTINGENCY_BRACKET",
        "orders": [entry, target, stop],
    }
    orders = admin.post("orders:list", **body)["orders"]
    assert [one["held"] for one in orders] == [False, True, True]
    assert admin.post("orders:list", **body)["orders"][0]["order_id"] == orders[0]["order_id"]

    replay("2018-01-05", "2018-01-09")
    held = admin.get(f"accounts/{traded_id}")["account"]["positions"]
    assert [position["quantity"] for position in held] == ["10"]
    found = admin.get(f"orders/{orders[1]['order_id']}")["order"]
    assert (found["held"], found["status"]) == (False, "ORDER_STATUS_NEW")

    changed = admin.answer("PATCH", f"orders/{found['order_id']}", json={"limit_price": "2950.00"})
    assert changed["order"]["limit_price"] == "2950.00"
    off_tick = {"limit_price": "2950.005"}
    refusal = admin.refusal("PATCH", f"orders/{found['order_id']}", json=off_tick)
    assert refusal == (400, "PRICE_OFF_TICK")

    closing = admin.post(f"positions/{traded_id}:SP500/close", client_order_id="close-1")["order"]
    assert (closing["side"], closing["quantity"]) == ("SIDE_SELL", "10")
    replay("2018-01-09", "2018-01-11")
    account = admin.get(f"accounts/{traded_id}")["account"]
    assert (account["positions"], account["open_order_count"]) == ([], 0)


def test_a_kill_switch_stops_an_account_until_it_is_rearmed_in_two_steps(
    admin: Api, traded_id: str
) -> None:
    set_limits(admin, traded_id)
    admin.post("risk/switches:kill", account_id=traded_id, note="a storm")
    (stopped,) = admin.get("risk/switches", account_id=traded_id)["stopped"]
    assert stopped["killed_by"] == "admin"
    refusal = admin.refusal("POST", "orders", json=order(traded_id, "stopped"))
    assert refusal == (400, "KILL_SWITCH_ON")
    early = {"account_id": traded_id, "confirm": True}
    assert admin.refusal("POST", "risk/switches:rearm", json=early)[0] == 400
    for confirm in (False, True):
        admin.post("risk/switches:rearm", account_id=traded_id, confirm=confirm)
    assert not admin.get("risk/switches", account_id=traded_id)["stopped"]

    admin.put("risk/trading-state", account_id=traded_id, trading_state="TRADING_STATE_HALTED")
    refusal = admin.refusal("POST", "orders", json=order(traded_id, "halted"))
    assert refusal == (400, "TRADING_HALTED")
    admin.put("risk/trading-state", account_id=traded_id, trading_state="TRADING_STATE_ACTIVE")


def test_a_value_at_risk_is_limited_by_a_covariance_that_was_told(
    admin: Api, traded_id: str
) -> None:
    # Ten at about 2750, at 2 % a day: some 900.
    set_limits(admin, traded_id, max_value_at_risk={"value": "100"})
    asked = order(traded_id, "risky")
    refusal = admin.refusal("POST", "orders", json=asked)
    assert refusal == (400, "VALUE_AT_RISK_EXCEEDED")
    told = {"account_id": traded_id, "symbols": ["SP500"], "covariance": [0.0004]}
    admin.put("risk/covariance", **told, deviations="2.326")
    rows = {row["rule"]: row for row in admin.post("orders:check", order=asked)["rows"]}
    observed = Decimal(rows["value_at_risk"]["observed"])
    assert Decimal(1_000) < observed < Decimal(1_500)
    wrong = {**told, "covariance": [0.0004, 0.0001]}
    assert admin.refusal("PUT", "risk/covariance", json=wrong) == (400, "INVALID_ARGUMENT")


def test_a_connection_is_lost_and_back(admin: Api, traded_id: str) -> None:
    limits = {"cancel_on_disconnect": True, "allow_short": True}
    admin.put("risk/limits", account_id=traded_id, limits=limits)
    resting = admin.post("orders", **order(traded_id, "resting", limit_price="2000.00"))["order"]
    admin.put("risk/connection", account_id=traded_id, connected=False)
    found = admin.get(f"orders/{resting['order_id']}")["order"]
    assert found["status"] == "ORDER_STATUS_CANCELED"
    refusal = admin.refusal("POST", "orders", json=order(traded_id, "apart"))
    assert refusal == (400, "VENUE_DISCONNECTED")
    admin.put("risk/connection", account_id=traded_id, connected=True)
    assert admin.get("risk/switches", account_id=traded_id)["connected"]
    untold = {"account_id": traded_id}
    assert admin.refusal("PUT", "risk/connection", json=untold) == (400, "INVALID_ARGUMENT")


def test_a_book_is_made_what_the_venue_and_the_custodian_know(admin: Api, traded_id: str) -> None:
    set_limits(admin, traded_id)
    lost = order(traded_id, "lost", limit_price="2000.00", trader_id="ann")
    body = {"order": lost, "venue_order_id": "v-9", "filled_quantity": "4"}
    adopted = [admin.post("orders:adopt", **body)["order"] for _ in range(2)]
    assert adopted[0]["order_id"] == adopted[1]["order_id"]
    terms = ("venue_order_id", "trader_id", "leaves_quantity")
    assert [adopted[0][term] for term in terms] == ["v-9", "ann", "6"]
    other = {**body, "venue_order_id": "v-10"}
    refusal = admin.refusal("POST", "orders:adopt", json=other)
    assert refusal == (409, "CLIENT_ORDER_ID_REUSED")
    admin.answer("DELETE", f"orders/{adopted[0]['order_id']}")

    path = f"positions/{traded_id}:SP500/adjust"
    somebody = {"quantity": "3", "price": "2750.00", "person": "grace"}
    assert admin.refusal("POST", path, json=somebody) == (403, "PERMISSION_DENIED")
    for quantity in ("3", "0"):
        admin.post(path, quantity=quantity, price="2750.00", note="as the custodian says")
        account = admin.get(f"accounts/{traded_id}")["account"]
        held = [position["quantity"] for position in account["positions"]]
        assert held == ([] if quantity == "0" else [quantity])


def test_a_viewer_reads_and_does_not_write(
    admin: Api, login: Callable[[str, str], Api], account_id: str
) -> None:
    admin.post("users", username="reader", password="correct horse", role="ROLE_VIEWER")
    viewer = login("reader", "correct horse")
    assert viewer.get("market-data")["instruments"]
    assert viewer.post("market-data/SP500:features", features=FEATURES, limit=1)["columns"]
    wanted = {"account_id": account_id, "client_order_id": "x", "symbol": "SP500"}
    assert viewer.refusal("POST", "orders", json=wanted) == (403, "PERMISSION_DENIED")
    kill = {"account_id": account_id}
    assert viewer.refusal("POST", "risk/switches:kill", json=kill) == (403, "PERMISSION_DENIED")


def test_nothing_is_told_without_a_token(running: tuple[httpx.Client, Path]) -> None:
    http, _ = running
    for token in ("forged", "eyJhbGciOiJub25lIn0.e30."):
        refusal = Api(http, token).refusal("GET", "orders", params={"account_id": "x"})
        assert refusal == (401, "TOKEN_INVALID")
