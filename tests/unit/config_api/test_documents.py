from mlmon_config_api.domain.documents import canonical_document, diff_documents, is_same_document
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.job_definitions import JobDefinition


def a_job(**changed: object) -> JobDefinition:
    return JobDefinition.model_validate({"name": "a", "image": "i", "command": ["c"], **changed})


def test_order_of_free_names_does_not_matter() -> None:
    one = a_job(labels={"a": "1", "b": "2"}, parameters={"properties": {"x": {}, "y": {}}})
    other = a_job(labels={"b": "2", "a": "1"}, parameters={"properties": {"y": {}, "x": {}}})

    assert is_same_document(one, other)


def test_order_of_free_names_inside_sections_does_not_matter() -> None:
    one = a_job(
        concurrency={"resources": {"a": 1, "b": 1}}, requires={"labels": {"a": "", "b": ""}}
    )
    other = a_job(
        concurrency={"resources": {"b": 1, "a": 1}}, requires={"labels": {"b": "", "a": ""}}
    )

    assert is_same_document(one, other)


def test_written_defaults_do_not_matter() -> None:
    assert is_same_document(a_job(), a_job(priority=50, resources={"cpu": 1.0}))


def test_true_is_not_one() -> None:
    one = a_job(parameters={"properties": {"x": {"default": True}}})
    other = a_job(parameters={"properties": {"x": {"default": 1}}})

    assert not is_same_document(one, other)


def test_whole_numbers_become_integers_and_fields_keep_the_models_order() -> None:
    document = canonical_document(Client(name="a", weight=2.0))

    assert list(document) == list(Client.model_fields)
    assert isinstance(document["weight"], int)


def test_difference_of_the_same_content_is_empty() -> None:
    assert diff_documents(a_job(), a_job(), old_title="old", new_title="new") == ""


def test_first_version_is_all_new() -> None:
    diff = diff_documents(None, a_job(), old_title="nothing", new_title="a v1")

    lines = diff.splitlines()
    assert lines[:2] == ["--- nothing", "+++ a v1"]
    assert all(line.startswith("+") for line in lines[3:])


def test_very_long_documents_are_shown_whole() -> None:
    old = a_job(environment={f"N{n}": "x" for n in range(3000)})
    new = a_job(environment={f"N{n}": "y" for n in range(3000)})

    diff = diff_documents(old, new, old_title="old", new_title="new")

    assert diff.count("\n-") == len(diff.splitlines()) // 2 - 1
