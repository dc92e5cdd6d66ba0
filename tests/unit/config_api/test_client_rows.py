import pytest

from mlmon_config_api.domain.client_rows import check_rows, read_csv, read_lines
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.wire.catalog import Client, Quotas

CSV = """\
name,weight,quotas.runs,labels.tier,parameters.seats,parameters.code,description
acme,2.5,10,gold,180,007x,"A customer,
on two lines"
bolt,,,,,,

coda,1,,silver,"[1, 2]",,
"""


def faults_of(rows: list[tuple[int, object]]) -> dict[str, str]:
    with pytest.raises(InvalidRequestError) as caught:
        check_rows(rows)
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
        "/3/name": "line 7",
        "/4/name": "line 8",
        "/5/weight": "line 9",
        "/6/quotas/runs": "line 10",
        "/7": "line 11",
    }
    assert faults["/4/name"] == 'line 8: "acme" stands in line 2 already'


def test_line_that_is_no_json_is_named_and_the_others_are_still_checked():
    faults = faults_of(read_lines('{"name": "acme"}\n{"name"\n[]\n{"names": "bolt"}'))

    assert sorted(faults) == ["/1", "/2", "/3/name", "/3/names"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs the column name"),
        ("weight\n1\n", "needs the column name"),
        ("name,weigh\n", 'did you mean "weight"'),
        ("name,name\n", "stands twice"),
        ('name\n"open\n', "not CSV"),
    ],
)
def test_csv_that_cannot_be_read_is_refused_as_a_whole(text: str, said: str):
    with pytest.raises(InvalidRequestError, match=said):
        read_csv(text)


def test_file_without_rows_is_refused():
    with pytest.raises(InvalidRequestError, match="no row"):
        check_rows(read_csv("name\n"))
