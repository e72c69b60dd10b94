"""REST in front of a real gRPC server: every kind of binding, and bad input."""

import json
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from algotrendy.errors import error_classes
from algotrendy.gateway.rest.problem import HTTP_STATUS
from algotrendy.gateway.rest.transcoder import BODY_LIMIT_BYTES

EVERYTHING = {
    "thing_id": "t-1",
    "shop": {"name": "corner", "price": "1.50"},
    "count": 3,
    "total": "9007199254740993",
    "weight": 0.5,
    "fresh": True,
    "color": "COLOR_RED",
    "tags": ["a", "b"],
    "colors": ["COLOR_RED"],
    "price": "-0.10",
    "old_prices": ["1", "2.00"],
    "prices": {"corner": "3"},
    "create_time": "2018-01-31T14:30:00.000000001Z",
    "life": "86400s",
    "parts": [{"thing_id": "t-2", "price": "7"}],
    "text": "héllo",
}


async def refused(response: httpx.Response, status: int, reason: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert (problem["status"], problem["reason"]) == (status, reason)
    assert problem["type"] == f"urn:algotrendy:reason:{reason}"
    return problem


async def test_a_body_of_every_field_comes_back_as_it_went(rest: httpx.AsyncClient) -> None:
    answer = (await rest.post("/api/v1/things", json=EVERYTHING)).json()
    part = answer["parts"].pop()
    assert (part["thing_id"], part["price"]) == ("t-2", "7")
    assert answer == {**EVERYTHING, "parts": []}


async def test_fields_may_be_written_in_camel_case(rest: httpx.AsyncClient) -> None:
    answer = await rest.post("/api/v1/things", json={"thingId": "t", "oldPrices": ["1"]})
    assert (answer.json()["thing_id"], answer.json()["old_prices"]) == ("t", ["1"])


async def test_null_means_not_set(rest: httpx.AsyncClient) -> None:
    answer = (await rest.post("/api/v1/things", json={"price": None, "count": None})).json()
    assert "price" not in answer
    assert answer["count"] == 0


async def test_path_and_query_fill_the_request(rest: httpx.AsyncClient) -> None:
    query: Any = [
        *(("tags", "a"), ("tags", "b"), ("colors", "COLOR_RED"), ("fresh", "true")),
        *(("count", "-3"), ("total", "9007199254740993"), ("weight", "0.5"), ("price", "1.50")),
        *(("shop.name", "corner"), ("shop.price", "2"), ("createTime", "2018-01-31T00:00:00Z")),
        *(("color", "COLOR_RED"), ("life", "60s"), ("old_prices", "1"), ("old_prices", "2")),
    ]
    answer = (await rest.get("/api/v1/things/t-1", params=query)).json()
    assert answer["thing_id"] == "t-1"
    assert (answer["tags"], answer["colors"]) == (["a", "b"], ["COLOR_RED"])
    assert (answer["fresh"], answer["count"], answer["weight"]) == (True, -3, 0.5)
    assert (answer["total"], answer["price"]) == ("9007199254740993", "1.50")
    assert answer["shop"] == {"name": "corner", "price": "2"}
    assert (answer["create_time"], answer["life"]) == ("2018-01-31T00:00:00Z", "60s")
    assert (answer["color"], answer["old_prices"]) == ("COLOR_RED", ["1", "2"])


@pytest.mark.parametrize("query", ["shop", "shop=", "shop=&shop.name="])
async def test_a_message_may_be_set_with_nothing_in_it(rest: httpx.AsyncClient, query: str) -> None:
    assert (await rest.get(f"/api/v1/things/t-1?{query}")).json()["shop"] == {"name": ""}
    assert "shop" not in (await rest.get("/api/v1/things/t-1")).json()


async def test_an_encoded_slash_stays_in_its_variable(rest: httpx.AsyncClient) -> None:
    answer = await rest.get("/api/v1/things/BTC%2FUSD")
    assert answer.json()["thing_id"] == "BTC/USD"


async def test_an_additional_binding_fills_a_nested_field(rest: httpx.AsyncClient) -> None:
    answer = (await rest.get("/api/v1/shops/corner/things/t-1")).json()
    assert (answer["shop"]["name"], answer["thing_id"]) == ("corner", "t-1")


async def test_a_body_that_is_one_field_leaves_the_others_to_path_and_query(
    rest: httpx.AsyncClient,
) -> None:
    answer = (await rest.patch("/api/v1/things/t-1?count=2", json={"name": "corner"})).json()
    assert (answer["thing_id"], answer["count"], answer["shop"]["name"]) == ("t-1", 2, "corner")


async def test_a_verb_is_no_part_of_the_variable_before_it(rest: httpx.AsyncClient) -> None:
    assert (await rest.post("/api/v1/things/t-1:stop")).json()["thing_id"] == "t-1"
    answer = await rest.post("/api/v1/things/t-1:stop", json={"thing_id": "t-1", "count": 2})
    assert answer.json()["count"] == 2


async def test_a_path_of_many_segments_is_one_value(rest: httpx.AsyncClient) -> None:
    assert (await rest.get("/api/v1/files/a/b/c")).json()["thing_id"] == "a/b/c"


async def test_a_response_body_is_that_field_alone(rest: httpx.AsyncClient) -> None:
    answer = await rest.get("/api/v1/shop?shop.name=corner&shop.price=2")
    assert answer.json() == {"name": "corner", "price": "2"}


async def test_the_service_is_told_who_is_logged_in(rest: httpx.AsyncClient) -> None:
    told = await rest.get("/api/v1/things/who", headers={"algotrendy-user": "mallory"})
    assert told.json()["text"] == "anna"
    streamed = await rest.get("/api/v1/things:watch?thing_id=who")
    assert json.loads(streamed.text.splitlines()[0])["text"] == "anna"


async def test_a_stream_is_one_json_document_a_line(rest: httpx.AsyncClient) -> None:
    answer = await rest.get("/api/v1/things:watch?count=3")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [json.loads(line)["count"] for line in answer.text.splitlines()] == [0, 1, 2]


async def test_an_empty_stream_is_an_empty_answer(rest: httpx.AsyncClient) -> None:
    answer = await rest.get("/api/v1/things:watch")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_stream_refused_at_once_is_a_problem(rest: httpx.AsyncClient) -> None:
    await refused(await rest.get("/api/v1/things:watch?thing_id=refused"), 404, "SYMBOL_UNKNOWN")


async def test_a_stream_that_fails_midway_ends_with_its_error(rest: httpx.AsyncClient) -> None:
    answer = await rest.get("/api/v1/things:watch?thing_id=late&count=2")
    last = json.loads(answer.text.splitlines()[-1])
    assert len(answer.text.splitlines()) == 3
    assert last["error"]["reason"] == "ACKNOWLEDGEMENT_MISSING"
    assert last["error"]["metadata"] == {"consumer": "risk"}


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"cuont": 1}, "cuont", "There is no field cuont."),
        ({"shop": {"title": "x"}}, "shop.title", "There is no field shop.title."),
        ({"parts": [{}, {"x": 1}]}, "parts[1].x", "There is no field parts[1].x."),
        ({"thing_id": "a", "thingId": "a"}, "thingId", "thingId is set twice."),
        ({"price": "12,5"}, "price", "price must be a decimal number such as 12.50, not '12,5'."),
        ({"price": 12.5}, "price", "price must be a decimal number as a string"),
        ({"price": {"value": "1"}}, "price", "price must be a decimal number as a string"),
        ({"old_prices": ["1", "x"]}, "old_prices[1]", "old_prices[1] must be a decimal number"),
        ({"prices": {"corner": "NaN"}}, "prices[corner]", "must be a decimal number"),
        ({"prices": []}, "prices", "prices must be an object, not []."),
        ({"color": "RED"}, "color", 'must be one of COLOR_UNSPECIFIED, COLOR_RED, not "RED".'),
        ({"color": 7}, "color", "must be one of"),
        ({"colors": ["COLOR_BLUE"]}, "colors[0]", "must be one of"),
        ({"count": "many"}, "count", 'count must be a 32-bit integer, not "many".'),
        ({"count": 2**31}, "count", "count must be a 32-bit integer"),
        ({"count": 1.5}, "count", "count must be a 32-bit integer"),
        ({"total": True}, "total", "total must be a 64-bit integer"),
        ({"fresh": "yes"}, "fresh", 'fresh must be true or false, not "yes".'),
        ({"thing_id": 5}, "thing_id", "thing_id must be a string, not 5."),
        ({"thing_id": "\ud800"}, "body", "surrogates not allowed"),
        ({"create_time": "yesterday"}, "create_time", "create_time must be a time such as"),
        ({"create_time": 5}, "create_time", "create_time must be a time such as"),
        ({"life": "1 day"}, "life", "life must be a duration such as"),
        ({"raw": "§"}, "raw", "raw must be base64 text"),
        ({"tags": "a"}, "tags", 'tags must be a list, not "a".'),
        ({"tags": [1]}, "tags", "tags must be a list, each a string"),
        ({"shop": "corner"}, "shop", 'shop must be an object, not "corner".'),
        ({"shop": {"name": 1}}, "shop.name", "shop.name must be a string, not 1."),
        ({"text": "a", "raw": "aaaa"}, "raw", "text and raw rule each other out: set one."),
        ([], "body", "body must be an object, not []."),
    ],
)
async def test_a_bad_body_is_refused_by_the_field_that_is_bad(
    rest: httpx.AsyncClient, body: Any, field: str, message: str
) -> None:
    response = await rest.post("/api/v1/things", content=json.dumps(body))
    problem = await refused(response, 400, "INVALID_ARGUMENT")
    assert problem["metadata"]["field"] == field
    assert message in problem["detail"]


@pytest.mark.parametrize(
    "text", ["{", '{"count": NaN}', '{"count": 1, "count": 2}', "[" * 100_000, b"\xff"]
)
async def test_a_body_that_is_no_json_is_refused(
    rest: httpx.AsyncClient, text: str | bytes
) -> None:
    response = await rest.post("/api/v1/things", content=text)
    problem = await refused(response, 400, "INVALID_ARGUMENT")
    assert problem["metadata"]["field"] == "body"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/things/t?cuont=1", "cuont"),
        ("/api/v1/things/t?count=1&count=2", "count"),
        ("/api/v1/things/t?count=x", "count"),
        ("/api/v1/things/t?fresh=yes", "fresh"),
        ("/api/v1/things/t?color=RED", "color"),
        ("/api/v1/things/t?price=1e999", "price"),
        ("/api/v1/things/t?shop=corner", "shop"),
        ("/api/v1/things/t?shop.price=x", "shop.price"),
        ("/api/v1/things/t?shop=&shop=", "shop"),
        ("/api/v1/things/t?parts=", "parts"),
        ("/api/v1/things/t?text=a&raw=aaaa", "raw"),
        ("/api/v1/things/t?shop.name.x=1", "shop.name.x"),
        ("/api/v1/things/t?tags.x=1", "tags.x"),
        ("/api/v1/things/t?prices=1", "prices"),
        ("/api/v1/things/t?thing_id=u", "thing_id"),
        ("/api/v1/things/%FF", "thing_id"),
    ],
)
async def test_a_bad_path_or_query_is_refused_by_the_field_that_is_bad(
    rest: httpx.AsyncClient, path: str, field: str
) -> None:
    problem = await refused(await rest.get(path), 400, "INVALID_ARGUMENT")
    assert problem["metadata"]["field"] == field


async def test_a_query_beside_a_whole_body_is_refused(rest: httpx.AsyncClient) -> None:
    response = await rest.post("/api/v1/things?count=1", json={})
    problem = await refused(response, 400, "INVALID_ARGUMENT")
    assert problem["metadata"]["field"] == "count"


async def test_a_body_that_contradicts_the_path_is_refused(rest: httpx.AsyncClient) -> None:
    response = await rest.post("/api/v1/things/t-1:stop", json={"thing_id": "t-2"})
    problem = await refused(response, 400, "INVALID_ARGUMENT")
    assert problem["metadata"]["field"] == "thing_id"


async def test_a_body_where_none_is_taken_is_refused(rest: httpx.AsyncClient) -> None:
    await refused(
        await rest.request("GET", "/api/v1/things/t", json={"count": 1}), 400, "INVALID_ARGUMENT"
    )


async def test_a_body_that_is_too_large_is_refused(rest: httpx.AsyncClient) -> None:
    response = await rest.post("/api/v1/things", content=b" " * (BODY_LIMIT_BYTES + 1))
    await refused(response, 413, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/things/a/b", "/api/v1/", "/elsewhere"]
)
async def test_an_unknown_route_is_not_found(rest: httpx.AsyncClient, path: str) -> None:
    await refused(await rest.get(path), 404, "NOT_FOUND")


async def test_a_method_without_annotation_has_no_route(rest: httpx.AsyncClient) -> None:
    path = "/algotrendy.api.echo.v1.EchoService/Hidden"
    assert (await rest.post(path, json={})).status_code == 404


async def test_a_wrong_verb_names_those_that_are_allowed(rest: httpx.AsyncClient) -> None:
    response = await rest.delete("/api/v1/things/t-1")
    await refused(response, 405, "INVALID_ARGUMENT")
    assert response.headers["allow"] == "GET, PATCH"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic ADMIN", "Bearer nonsense"])
async def test_a_call_without_a_valid_token_is_unauthenticated(
    rest: httpx.AsyncClient, header: str
) -> None:
    response = await rest.get("/api/v1/things/t-1", headers={"Authorization": header})
    await refused(response, 401, "TOKEN_INVALID")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_viewer_reads_and_may_not_write(rest: httpx.AsyncClient) -> None:
    rest.headers["Authorization"] = "Bearer VIEWER"
    assert (await rest.get("/api/v1/things/t-1")).status_code == 200
    problem = await refused(await rest.post("/api/v1/things", json={}), 403, "PERMISSION_DENIED")
    assert problem["metadata"]["role"] == "VIEWER"


@pytest.mark.parametrize("reason", error_classes())
async def test_every_reason_reaches_the_client_as_a_problem(
    rest: httpx.AsyncClient, reason: str
) -> None:
    status = HTTP_STATUS[error_classes()[reason].code]
    problem = await refused(await rest.get(f"/api/v1/failures/{reason}"), status, reason)
    assert (problem["detail"], problem["metadata"]) == ("Refused.", {"limit": "7"})


async def test_requests_are_counted_by_their_route(rest: httpx.AsyncClient) -> None:
    def served(endpoint: str, status: str) -> float:
        labels = {"method": "GET", "endpoint": endpoint, "status": status}
        return REGISTRY.get_sample_value("http_requests_total", labels) or 0.0

    before = served("/api/v1/things/{thing_id}", "200"), served("unmatched", "404")
    await rest.get("/api/v1/things/t-1")
    await rest.get("/nowhere/to/go")
    assert served("/api/v1/things/{thing_id}", "200") == before[0] + 1
    assert served("unmatched", "404") == before[1] + 1


async def test_the_documentation_needs_no_network(rest: httpx.AsyncClient) -> None:
    page = (await rest.get("/docs/")).text
    assert "http" not in page.replace("http-equiv", "")
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "swagger-initializer.js"):
        assert asset in page
        assert (await rest.get(f"/docs/{asset}")).status_code == 200
    assert '"/openapi.json"' in (await rest.get("/docs/swagger-initializer.js")).text
    assert (await rest.get("/docs")).headers["location"] == "/docs/"
    assert (await rest.get("/openapi.json", headers={"Authorization": ""})).status_code == 200
