"""Size of the functions' artifact after `sam build`."""

from __future__ import annotations

from pathlib import Path

from bench.table import Table
from tools import built, pythons

LARGEST = 6


def table() -> Table:
    """The sizes; without rows and with the reason if the functions' runtime is not installed."""
    title = "Size of the built artifact"
    columns = ["", "MiB unzipped", "MiB zipped"]
    try:
        template = built.build()
    except pythons.NoSuchPythonError as error:
        return Table(title, columns, [], f"Not measured: {error}.")
    folder = built.artifact(template)
    size = built.size(folder)
    rows = [["all", _mebibytes(size.unzipped_bytes), _mebibytes(size.zipped_bytes)]]
    parts = sorted(((_bytes(part), part.name) for part in folder.iterdir()), reverse=True)
    rows += [[f"  {name}", _mebibytes(unzipped), ""] for unzipped, name in parts[:LARGEST]]
    reading = (
        "All functions have the same artifact. Lambda loads the zip file; unzipped it may have 250 MiB (Lambda "
        "developer guide, Lambda quotas)."
    )
    return Table(title, columns, rows, reading)


def _bytes(part: Path) -> int:
    if part.is_file():
        return part.stat().st_size
    return sum(file.stat().st_size for file in part.rglob("*") if file.is_file())


def _mebibytes(number: int) -> str:
    return f"{number / 2**20:.1f}"
