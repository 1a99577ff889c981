"""`make prices` reads AWS's Price List, and a rehearsal says where a price comes from.

The excerpts have the form that the AWS Billing user guide documents (Reading the service price list file for an AWS
service), with the attributes of SageMaker's products that public readers of the file use. Only the price of hosting on
ml.m5.large and ml.m5.xlarge is a published one, with its SKU for the latter.
"""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tools.rehearse import price_list
from tools.rehearse.prices import Prices, Source

DATA = Path(__file__).parent / "data"
FILES = ["price_list.json", "price_list.csv"]


def refreshed(tmp_path: Path, file: Path) -> tuple[int, Path]:
    out = tmp_path / "prices.toml"
    return price_list.main([str(file), "--out", str(out)]), out


def changed(tmp_path: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    content = json.loads((DATA / FILES[0]).read_text())
    change(content)
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize("name", FILES)
def test_the_table_has_the_hosting_prices_of_the_region_with_date_and_source(tmp_path: Path, name: str) -> None:
    """Not those of notebooks, storage and Outposts, and not the free tier."""
    code, out = refreshed(tmp_path, DATA / name)

    assert code == 0
    source = "AWS Price List, AmazonSageMaker, component Hosting, version 20260921172504"
    found = {"ml.m5.large": 0.115, "ml.m5.xlarge": 0.23}
    assert Prices.load(out) == Prices("us-east-1", "USD", (Source(date(2026, 9, 21), source, found),))


def other_service(content: dict[str, Any]) -> None:
    content["offerCode"] = "AmazonEC2"


def two_regions(content: dict[str, Any]) -> None:
    content["products"]["HOST0LARGE"]["attributes"]["regionCode"] = "eu-west-1"


def two_prices(content: dict[str, Any]) -> None:
    content["products"]["HOST0LARGE"]["attributes"]["instanceName"] = "ml.m5.xlarge"


def no_hosting(content: dict[str, Any]) -> None:
    for product in content["products"].values():
        product["attributes"]["component"] = "Training"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (other_service, "a price list of AmazonEC2; download that of AmazonSageMaker"),
        (two_regions, "more than one Region: eu-west-1, us-east-1; give that of one"),
        (two_prices, "ml.m5.xlarge has two prices: 0.23 and 0.115 USD"),
        (no_hosting, "the price list has no price of hosting"),
        (dict.clear, "not a service price list file: KeyError('products')"),
    ],
)
def test_a_file_that_is_no_price_list_of_one_region_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[dict[str, Any]], None], problem: str
) -> None:
    code, out = refreshed(tmp_path, changed(tmp_path, change))

    assert (code, out.exists()) == (2, False)
    assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"), [("no.json", None), ("no.csv", "SKU,Price\n"), ("list.json", "[]"), ("text.json", "prices")]
)
def test_a_file_in_another_form_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | None
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_text(content)

    code, out = refreshed(tmp_path, file)

    assert (code, out.exists()) == (2, False)
    assert f"{file}: not a service price list file: " in capsys.readouterr().err


def test_a_price_has_a_date_and_a_source_and_a_warning_after_a_year() -> None:
    prices = Prices.load()

    assert prices.cost({"ml.m5.xlarge": 10, "ml.m5.large": 2}) == pytest.approx(2.53)
    (fresh,), (old,) = (prices.notes(["ml.m5.xlarge"], day) for day in (date(2027, 9, 28), date(2027, 9, 29)))
    assert fresh.startswith(
        "Price of ml.m5.xlarge: 0.23 USD an hour, on demand in us-east-1, read 2026-09-28. Source: AWS Price List"
    )
    assert "Warning" not in fresh
    assert "Warning: it is 366 days old; make prices FILE=… replaces it." in old


def test_a_type_without_a_price_has_hours_without_money_and_a_remedy() -> None:
    prices = Prices.load()

    assert prices.cost({"ml.nobody.xlarge": 10, "ml.m5.large": 2}) is None
    assert prices.cost({}) is None
    assert list(prices.notes(["ml.nobody.xlarge"], date(2026, 12, 1))) == [
        "ml.nobody.xlarge has no price in prices.toml, so its hours have no cost. Add it: make prices FILE=…."
    ]


def test_each_type_has_one_price_of_one_source() -> None:
    every = [name for source in Prices.load().sources for name in source.instances]

    assert len(every) == len({*every})
