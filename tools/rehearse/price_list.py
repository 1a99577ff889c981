"""`make prices FILE=…`: replace the table of prices by those of AWS's Price List.

The file is a service price list file of AmazonSageMaker for one Region, JSON or CSV, which needs no credentials:
https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonSageMaker/current/us-east-1/index.json (AWS Billing user
guide, Reading the service price list file for an AWS service). Its products of hosting are those with the component
Hosting, an instanceName such as ml.m5.xlarge, and the unit Hrs (github.com/awslabs/llmeter, its cost callbacks).
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from tools.rehearse.prices import FILE

SERVICE = "AmazonSageMaker"
CSV_METADATA = 5  # rows before the names of the columns (AWS Billing user guide)
HOSTING = {"component": "hosting", "productfamily": "ml instance", "locationtype": "aws region"}
HEAD = """\
# On-demand prices of real-time hosting per hour, written by `make prices FILE=…`. For another type a rehearsal shows
# hours without money.
"""

Attributes = dict[str, str]  # lower-case names without spaces, by which JSON and CSV name them alike


class PriceListError(ValueError):
    """The file is no price list of one Region; the message says why and what to do."""


@dataclass(frozen=True)
class Offer:
    """A product with its attributes, and what a unit of it costs."""

    attributes: Attributes
    unit: str
    currency: str
    price: float


@dataclass(frozen=True)
class PriceList:
    """A price list file: its version, the day of its publication, and its on-demand offers."""

    service: str
    version: str
    published: date
    offers: list[Offer]


def read(path: Path) -> PriceList:
    """Read a price list file, JSON or CSV by its suffix.

    Raises
    ------
    PriceListError
        If the file cannot be read or is no price list file of SageMaker.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            found = _of_csv(file) if path.suffix == ".csv" else _of_json(json.load(file))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise PriceListError(f"{path}: not a service price list file: {error!r}") from error
    if found.service != SERVICE:
        raise PriceListError(f"{path}: a price list of {found.service}; download that of {SERVICE}")
    return found


def _of_json(content: dict[str, Any]) -> PriceList:
    products, terms = content["products"], content["terms"]["OnDemand"]
    offers = []
    for sku, product in products.items():
        attributes = _attributes(product["attributes"] | {"productFamily": product.get("productFamily", "")})
        for term in terms.get(sku, {}).values():
            for dimension in term["priceDimensions"].values():
                for currency, price in dimension["pricePerUnit"].items():
                    offers.append(Offer(attributes, dimension["unit"], currency, float(price)))
    return PriceList(content["offerCode"], content["version"], _day(content["publicationDate"]), offers)


def _of_csv(lines: Iterator[str]) -> PriceList:
    metadata = dict(csv.reader(islice(lines, CSV_METADATA)))
    rows = [row for row in csv.DictReader(lines) if row["TermType"] == "OnDemand"]
    offers = [Offer(_attributes(row), row["Unit"], row["Currency"], float(row["PricePerUnit"])) for row in rows]
    return PriceList(metadata["OfferCode"], metadata["Version"], _day(metadata["Publication Date"]), offers)


def _attributes(named: dict[str, str]) -> Attributes:
    return {name.lower().replace(" ", ""): value for name, value in named.items()}


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


def table(prices: PriceList) -> str:
    """The content of the table of prices.

    Raises
    ------
    PriceListError
        If the price list has no price of hosting, several Regions or currencies, or two prices of one type.
    """
    offers = [each for each in prices.offers if _is_hosting(each)]
    region = _only("Region", {each.attributes["regioncode"] for each in offers})
    currency = _only("currency", {each.currency for each in offers})
    found: dict[str, float] = {}
    for offer in offers:
        name = offer.attributes["instancename"]
        if found.setdefault(name, offer.price) != offer.price:
            raise PriceListError(f"{name} has two prices: {found[name]:g} and {offer.price:g} {currency}")
    lines = [f'"{name}" = {price:g}' for name, price in sorted(found.items())]
    source = f"AWS Price List, {prices.service}, component Hosting, version {prices.version}"
    return "\n".join(
        [
            f'{HEAD}region = "{region}"',
            f'currency = "{currency}"\n',
            "[[sources]]",
            f"read = {prices.published}",
            f'source = "{source}"',
            "[sources.instances]",
            *lines,
            "",
        ]
    )


def _is_hosting(offer: Offer) -> bool:
    attributes = {name: value.lower() for name, value in offer.attributes.items()}
    matches = all(attributes.get(name) == value for name, value in HOSTING.items())
    is_named = {"instancename", "regioncode"} <= attributes.keys()
    return matches and is_named and offer.unit == "Hrs" and offer.price > 0  # the free tier has offers of its own, at 0


def _only(what: str, found: set[str]) -> str:
    if not found:
        raise PriceListError("the price list has no price of hosting")
    if len(found) > 1:
        raise PriceListError(f"the price list has more than one {what}: {', '.join(sorted(found))}; give that of one")
    return found.pop()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make prices", description=__doc__.split("\n", 1)[0])
    parser.add_argument("file", type=Path, help="the price list file, .json or .csv")
    parser.add_argument("--out", type=Path, default=FILE, help="the table that is written")
    given = parser.parse_args(arguments)
    try:
        content = table(read(given.file))
    except PriceListError as error:
        print(error, file=sys.stderr)
        return 2
    given.out.write_text(content)
    print(f"{content.count('ml.')} prices in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
