"""Packages of models: a checked, reproducible `model.tar.gz` and the payload that deploys it."""

from slipway.packaging.faults import Fault, PackagingError
from slipway.packaging.frameworks import FRAMEWORKS, Framework
from slipway.packaging.package import Package, Source, build
from slipway.packaging.trial import Sample, Trial

__all__ = [
    "FRAMEWORKS",
    "Fault",
    "Framework",
    "Package",
    "PackagingError",
    "Sample",
    "Source",
    "Trial",
    "build",
]
