import pytest

from mlmon_scheduler.domain.templates import fill_in, template_values

VALUES = template_values(
    params={"month": 12, "word": "a b", "list": [1, "x"], "flag": True, "none": None},
    client="acme",
    labels={"tier": "gold", "a.b": "dotted"},
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
        ("{{ run.id }}.{{ run.attempt }}", "r1.2"),
        ("{ params.month }", "{ params.month }"),
    ],
)
def test_templates_are_replaced_by_their_values(text: str, filled: str):
    assert fill_in(text, VALUES) == filled


def test_absent_label_or_parameter_becomes_empty():
    assert fill_in("[{{ client.labels.region }}{{ params.year }}]", VALUES) == "[]"


def test_value_that_looks_like_a_template_stays_as_it_is():
    values = template_values(params={"word": "{{ client.name }}"}, client="acme", labels={}, run={})

    assert fill_in("{{ params.word }}", values) == "{{ client.name }}"
