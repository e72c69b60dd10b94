import pytest
from hypothesis import given
from hypothesis import strategies as st

from algotrendy.errors import InvalidArgumentError
from algotrendy.notification.model import (
    Occurrence,
    Rule,
    Template,
    compose,
    default_rules,
)


def test_a_template_names_its_fields_in_order() -> None:
    assert Template("{side} {fill.symbol} {side}").paths == ("side", "fill.symbol", "side")


def test_fields_are_replaced_and_doubled_braces_stand_for_themselves() -> None:
    template = Template("{{{fill.symbol}}} at {price}")
    assert template.render({"fill.symbol": "SPY", "price": "1"}.__getitem__) == "{SPY} at 1"


def test_a_value_that_looks_like_a_field_is_left_alone() -> None:
    assert Template("{a}").render({"a": "{b}"}.__getitem__) == "{b}"


@pytest.mark.parametrize("text", ["{", "}", "a } b", "{a", "{{{", "{a}}"])
def test_a_single_brace_is_refused_with_its_position(text: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        Template(text)
    assert refusal.value.metadata["field"] == "template"
    assert text[int(refusal.value.metadata["position"])] in "{}"


@pytest.mark.parametrize(
    "path", ["", " ", "a.", ".a", "a..b", "A", "a b", "a!r", "a:>10", "0", "__class__", "é"]
)
def test_a_malformed_field_is_refused_by_name(path: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        Template(f"{{{path}}}")
    assert refusal.value.metadata == {"field": "template", "path": path}


@pytest.mark.parametrize("text", ["", "x" * 1001])
def test_a_template_has_1_to_1000_characters(text: str) -> None:
    with pytest.raises(InvalidArgumentError) as refusal:
        Template(text)
    assert refusal.value.metadata == {"field": "template", "length": str(len(text))}


@given(st.text(max_size=200))
def test_any_text_either_is_a_template_or_is_refused(text: str) -> None:
    try:
        template = Template(text)
    except InvalidArgumentError:
        return
    assert isinstance(template.render(str.upper), str)


def test_a_message_has_one_id_for_one_event_and_rule() -> None:
    def message_id(event_id: str, rule_id: str) -> str:
        rule = Rule(rule_id, "OrderFilled", Template("x"), 0)
        return compose(rule, Occurrence(event_id, "OrderFilled", 0, str)).notification_id

    ids = [message_id(event, rule) for event in ("e", "f") for rule in ("r", "s")]
    assert len(set(ids)) == 4
    assert message_id("e", "r") == ids[0]


def test_default_rules_have_the_same_ids_at_every_start() -> None:
    assert [rule.rule_id for rule in default_rules(1)] == [
        rule.rule_id for rule in default_rules(2)
    ]
