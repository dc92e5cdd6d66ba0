import pytest

from mlmon_shared.jobs.templates import fill_in, template_values
from mlmon_shared.wire.catalog import Client

VALUES = template_values(
    params={"month": 12, "word": "a b", "list": [1, "x"], "flag": True, "none": None},
    client=Client(
        name="acme", labels={"tier": "gold", "a.b": "dotted"}, parameters={"seats": [1, 2]}
    ),
    run={"id": "r1", "job": "score", "version": 3, "attempt": 2},
)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("{{ params.month }}", "12"),
        ("{{params.word}}", "a b"),
        ("--list={{ params.list }}", '--list=[1, "x"]'),
        ("{{ params.flag }}", "true"),
        ("{{ params.none }}", "null"),
        ("{{ client.name }}/{{ run.job }}-{{ run.version }}", "acme/score-3"),
        ("{{ client.labels.tier }}{{ client.labels.a.b }}", "golddotted"),
        ("{{ client.parameters.seats }}", "[1, 2]"),
        ("{{ run.id }}.{{ run.attempt }}", "r1.2"),
        ("{ params.month }", "{ params.month }"),
    ],
)
def test_templates_are_replaced_by_their_values(text: str, filled: str):
    assert fill_in(text, VALUES) == filled


def test_absent_label_or_parameter_becomes_empty():
    text = "[{{ client.labels.region }}{{ params.year }}{{ client.parameters.x }}]"

    assert fill_in(text, VALUES) == "[]"


def test_value_that_looks_like_a_template_stays_as_it_is():
    values = template_values(
        params={"word": "{{ client.name }}"}, client=Client(name="acme"), run={}
    )

    assert fill_in("{{ params.word }}", values) == "{{ client.name }}"
