"""The platform over REST, as a stranger with `curl` meets it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.conftest import UpProcess

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

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
    order = {
        "account_id": account_id,
        "client_order_id": f"order-{terms}",
        "symbol": "SP500",
        "side": "SIDE_BUY",
        "quantity": "1",
        **terms,
    }
    assert admin.refusal("POST", "orders", json=order) == (status, reason)


def test_a_repeated_order_gets_its_first_answer_and_another_body_a_conflict(
    admin: Api, strategy_id: str, account_id: str
) -> None:
    admin.post(f"strategies/{strategy_id}/deploy", request_id="deploy-2", account_id=account_id)
    order = {
        "account_id": account_id,
        "client_order_id": "repeated",
        "symbol": "SP500",
        "side": "SIDE_BUY",
        "quantity": "1",
    }
    first = admin.refusal("POST", "orders", json=order)
    assert admin.refusal("POST", "orders", json=order) == first
    other = admin.refusal("POST", "orders", json={**order, "quantity": "2"})
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


def test_a_viewer_reads_and_does_not_write(
    admin: Api, login: Callable[[str, str], Api], account_id: str
) -> None:
    admin.post("users", username="reader", password="correct horse", role="ROLE_VIEWER")
    viewer = login("reader", "correct horse")
    assert viewer.get("market-data")["instruments"]
    assert viewer.post("market-data/SP500:features", features=FEATURES, limit=1)["columns"]
    order = {"account_id": account_id, "client_order_id": "x", "symbol": "SP500"}
    assert viewer.refusal("POST", "orders", json=order) == (403, "PERMISSION_DENIED")


def test_nothing_is_told_without_a_token(running: tuple[httpx.Client, Path]) -> None:
    http, _ = running
    for token in ("forged", "eyJhbGciOiJub25lIn0.e30."):
        refusal = Api(http, token).refusal("GET", "orders", params={"account_id": "x"})
        assert refusal == (401, "TOKEN_INVALID")
