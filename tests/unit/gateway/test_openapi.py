"""The OpenAPI documents of the real contract and of the test's."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI

from algotrendy.gateway.rest.contract import Contract, load_contract
from algotrendy.gateway.rest.openapi import build_openapi

Json = dict[str, Any]


@pytest.fixture(scope="module", params=["algotrendy", "echo"])
def contract(request: pytest.FixtureRequest, echo: Contract) -> Contract:
    return load_contract() if request.param == "algotrendy" else echo


@pytest.fixture(scope="module")
def document(contract: Contract) -> Json:
    return build_openapi(contract, "1.2.3")


@pytest.fixture
def echo_document(echo: Contract) -> Json:
    return build_openapi(echo, "1.2.3")


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield path, verb, operation


def references(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        if "$ref" in tree:
            yield tree["$ref"]
        for value in tree.values():
            yield from references(value)
    if isinstance(tree, list):
        for value in tree:
            yield from references(value)


def test_the_document_is_valid(document: Json) -> None:
    OpenAPI.model_validate(document)
    assert document["openapi"] == "3.0.3"


def test_every_annotated_method_is_there(document: Json, contract: Contract) -> None:
    declared = {
        (binding.template.plain, binding.verb.lower())
        for method in contract.methods
        for binding in method.bindings
    }
    assert {(path, verb) for path, verb, _ in operations(document)} == declared
    assert len(declared) >= 9


def test_no_two_operations_share_an_id(document: Json) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_reference_resolves(document: Json) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known


def test_paths_declare_exactly_their_variables(document: Json) -> None:
    for path, _, operation in operations(document):
        names = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        assert names == set(re.findall(r"\{([^}]+)\}", path))


def test_everything_is_described(document: Json) -> None:
    for path, verb, operation in operations(document):
        assert operation["summary"], (verb, path)
        for parameter in operation["parameters"]:
            assert parameter["description"], (verb, path, parameter["name"])
    for name, schema in document["components"]["schemas"].items():
        assert schema["description"], name
        for field, terms in schema["properties"].items():
            assert name == "Problem" or terms["description"], f"{name}.{field}"


def test_the_real_document_marks_login_alone_as_open() -> None:
    document = build_openapi(load_contract(), "1.2.3")
    public = [path for path, _, operation in operations(document) if "security" in operation]
    assert public == ["/api/v1/auth/login"]
    assert document["security"] == [{"bearer": []}]


def test_a_field_of_every_kind_has_its_schema(echo_document: Json) -> None:
    thing = echo_document["components"]["schemas"]["echo.v1.Thing"]["properties"]
    assert thing["price"]["type"] == "string"
    assert thing["total"]["format"] == "int64"
    assert thing["total"]["type"] == "string"
    assert thing["count"]["type"] == "integer"
    assert thing["create_time"]["format"] == "date-time"
    assert thing["color"]["enum"] == ["COLOR_UNSPECIFIED", "COLOR_RED"]
    assert "`COLOR_RED`: Red." in thing["color"]["description"]
    assert thing["old_prices"]["items"]["type"] == "string"
    assert thing["prices"]["additionalProperties"]["type"] == "string"
    assert thing["parts"]["items"] == {"$ref": "#/components/schemas/echo.v1.Thing"}
    assert thing["shop"]["allOf"] == [{"$ref": "#/components/schemas/echo.v1.Shop"}]
    assert thing["raw"]["format"] == "byte"


def test_a_body_leaves_out_what_the_path_holds(echo_document: Json) -> None:
    operation = echo_document["paths"]["/api/v1/things/{thing_id}:stop"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert "count" in schema["properties"]
    assert "thing_id" not in schema["properties"]


def test_a_query_names_nested_fields_and_no_maps(echo_document: Json) -> None:
    operation = echo_document["paths"]["/api/v1/things/{thing_id}"]["get"]
    names = {each["name"] for each in operation["parameters"] if each["in"] == "query"}
    assert {"shop.name", "shop.price", "tags", "price"} <= names
    assert not names & {"prices", "parts", "thing_id", "shop"}


def test_a_query_may_name_one_of_several_messages_alone() -> None:
    document = build_openapi(load_contract(), "1.2.3")
    operation = document["paths"]["/api/v1/market-data/{symbol}"]["get"]
    parameters = {each["name"]: each for each in operation["parameters"]}
    assert parameters["heikin_ashi"]["schema"] == {"type": "string", "enum": [""]}
    assert parameters["heikin_ashi"]["allowEmptyValue"]
    assert parameters["renko.size"]["schema"]["format"] == "decimal"
    assert "RENKO_WICKS_BOTH" in parameters["renko.wicks"]["schema"]["enum"]


def test_a_stream_is_declared_as_lines_of_json(echo_document: Json) -> None:
    operation = echo_document["paths"]["/api/v1/things:watch"]["get"]
    assert list(operation["responses"]["200"]["content"]) == ["application/x-ndjson"]
