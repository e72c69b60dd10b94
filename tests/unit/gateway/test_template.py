"""Path templates of `google.api.http`."""

import pytest

from algotrendy.gateway.rest.template import Template


@pytest.mark.parametrize(
    ("template", "path", "variables"),
    [
        ("/v1/orders", "/v1/orders", {}),
        ("/v1/orders", "/v1/orders/", None),
        ("/v1/orders", "/v1/ordersx", None),
        ("/v1/{a}", "/v1/x", {"a": "x"}),
        ("/v1/{a}", "/v1/", None),
        ("/v1/{a}", "/v1/x/y", None),
        ("/v1/{a}", "/v1/x%2Fy%20z", {"a": "x/y z"}),
        ("/v1/{a}/b/{c.d}", "/v1/x/b/y", {"a": "x", "c.d": "y"}),
        ("/v1/{a}:stop", "/v1/x:stop", {"a": "x"}),
        ("/v1/{a}:stop", "/v1/x", None),
        ("/v1/a.b", "/v1/aXb", None),
        ("/v1/*/b", "/v1/x/b", {}),
        ("/v1/{a=rooms/*}/b", "/v1/rooms/x/b", {"a": "rooms/x"}),
        ("/v1/{a=rooms/*}/b", "/v1/halls/x/b", None),
        ("/v1/{a=**}", "/v1/x/y", {"a": "x/y"}),
    ],
)
def test_a_template_matches_its_paths(
    template: str, path: str, variables: dict[str, str] | None
) -> None:
    assert Template(template).match(path) == variables


def test_a_malformed_template_is_refused() -> None:
    with pytest.raises(ValueError, match="malformed at 4"):
        Template("/v1/{a")


def test_openapi_writes_a_template_by_names_alone() -> None:
    assert Template("/v1/{a=rooms/*}/{b}:stop").plain == "/v1/{a}/{b}:stop"


def test_the_more_specific_template_comes_first() -> None:
    texts = ["/v1/{a=**}", "/v1/{a}", "/v1/{a}:stop", "/v1/train"]
    templates = sorted(map(Template, texts), key=lambda template: template.precedence)
    assert [template.text for template in templates][:2] == ["/v1/{a}:stop", "/v1/train"]
    assert templates[-1].text == "/v1/{a=**}"
