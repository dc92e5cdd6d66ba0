import pytest

from mlmon_config_api.domain.client_rows import Table, check_rows, read_csv, read_lines
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.catalog import Client, Quotas

CSV = """\
name,weight,quotas.runs,labels.tier,parameters.seats,parameters.code,description
acme,2.5,10,gold,180,007x,"A customer,
on two lines"
bolt,,,,,,

coda,1,,silver,"[1, 2]",,
"""


def faults_of(table: Table) -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as caught:
        check_rows(table)
    return {fault["pointer"]: fault["detail"] for fault in caught.value.errors}


def test_csv_rows_become_clients():
    acme, bolt, coda = check_rows(read_csv(CSV))

    assert acme == Client(
        name="acme",
        description="A customer,\non two lines",
        labels={"tier": "gold"},
        weight=2.5,
        quotas=Quotas(runs=10),
        parameters={"seats": 180, "code": "007x"},
    )
    assert bolt == Client(name="bolt")
    assert coda.parameters == {"seats": [1, 2]}


def test_quotas_have_a_column_each():
    (acme,) = check_rows(read_csv("name,quotas.cpu,quotas.memory,quotas.gpus\nacme,1.5,8Gi,0\n"))

    assert acme.quotas == Quotas(cpu=1.5, memory=8 * 2**30, gpus=0)


def test_lines_of_json_become_clients():
    rows = read_lines('{"name": "acme", "quotas": {"runs": 3}}\n\n{"name": "bolt"}\r\n')

    assert [client.name for client in check_rows(rows)] == ["acme", "bolt"]


def test_every_bad_row_is_named_by_its_line():
    text = CSV + "bad name,1\nacme,1\ndot,none\neel,1,0\nfox,1,,,,,,,\n"

    faults = faults_of(read_csv(text))

    assert {pointer: detail.split(":")[0] for pointer, detail in faults.items()} == {
        "/3/name": "line 7, column 1 (name)",
        "/4/name": "line 8, column 1 (name)",
        "/5/weight": "line 9, column 2 (weight)",
        "/6/quotas/runs": "line 10, column 3 (quotas.runs)",
        "/7": "line 11",
    }
    assert faults["/4/name"] == 'line 8, column 1 (name): "acme" stands in line 2 already'


def test_line_that_is_no_json_is_named_and_the_others_are_still_checked():
    faults = faults_of(read_lines('{"name": "acme"}\n{"name"\n[]\n{"names": "bolt"}'))

    assert sorted(faults) == ["/1", "/2", "/3/name", "/3/names"]
    assert faults["/1"].startswith("line 2, character 8: not JSON")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the header needs the column name"),
        ("weight\n1\n", "line 1: the header needs the column name"),
        ("name,weigh\na,2\n", 'line 1, column 2: .*did you mean "weight"'),
        ("name,name\na,b\n", "line 1, column 2: .*stands twice"),
        ('"name\na\n', "line 1, character 1: the quote that opens here is not closed"),
        ("name\n", "there is no row"),
    ],
)
def test_csv_without_a_sound_header_or_rows_is_refused(text: str, said: str):
    with pytest.raises(InvalidRequestError, match=said):
        check_rows(read_csv(text))


def test_faults_of_the_header_hide_no_rows():
    with pytest.raises(InvalidRequestError) as caught:
        check_rows(read_csv("name,weigh,colour,weight\nacme,1,red,none\n"))

    assert [fault["detail"].split(":")[0] for fault in caught.value.errors] == [
        "line 1, column 2",
        "line 1, column 3",
        "line 2, column 4 (weight)",
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('acme,"open', "line 3, character 6: the quote that opens here is not closed"),
        ('acme,"say "hi""', 'line 3, character 12: text after a closing quote; write ""'),
    ],
)
def test_quote_costs_its_own_row_only(row: str, said: str):
    faults = faults_of(
        read_csv(f"name,description\nbad name,x\n{row}\nbolt,fine\nworse name,\nbolt,again\n")
    )

    assert sorted(faults) == ["/0/name", "/1", "/3/name", "/4/name"]
    assert faults["/1"].startswith(said)
    assert faults["/3/name"].startswith("line 5, column 1 (name)")
    assert faults["/4/name"].endswith("stands in line 4 already")


def test_quote_that_swallows_lines_up_to_the_next_one_is_told_where_it_opens():
    text = 'name,description\nacme,"open\nbad name,\nbolt,"a ""good"" one"\nworse name,\n'

    faults = faults_of(read_csv(text))

    assert sorted(faults) == ["/0", "/1/name", "/3/name"]
    assert faults["/0"] == (
        "line 2, character 6: the quote that opens here is not closed before the next one, "
        "in line 4"
    )


def test_every_bad_row_is_named_however_many_there_are():
    text = "name,weight\n" + "".join(f"bad {n},none\n" for n in range(5_000))

    with pytest.raises(InvalidRequestError) as caught:
        check_rows(read_csv(text))

    lines = {fault["detail"].split(",")[0] for fault in caught.value.errors}
    assert len(lines) == 5_000
    assert caught.value.extras["fault_count"] == 2 * 5_000


def test_quoted_texts_may_be_long_and_of_many_lines():
    text = "name,description\n" + "".join(f'a{n},"x\n""y"""\n' for n in range(3))

    assert {client.description for client in check_rows(read_csv(text))} == {'x\n"y"'}


@pytest.mark.parametrize("value", ["NaN", "1e999", '"\\u0000"', '"\\ud800"'])
def test_line_that_cannot_be_stored_is_named(value: str):
    line = f'{{"name": "acme", "parameters": {{"x": {value}}}}}'

    assert faults_of(read_lines(line))["/0"].startswith("line 1: ")


def test_file_without_rows_is_refused():
    with pytest.raises(InvalidRequestError, match="no row"):
        check_rows(read_lines("\n"))
