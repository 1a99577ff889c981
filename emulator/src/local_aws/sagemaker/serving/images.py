"""Images that can run here, by the adapter: framework images of AWS that serve a script."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local_aws.sagemaker.serving.definitions import Definition
from local_aws.sagemaker.serving.messages import NotRunnableError

_NAME = re.compile(r"(?:.*/)?(?P<repository>[^/:@]+)(?::(?:(?P<major>\d+)\.(?P<minor>\d+))?[^@]*)?(?:@.+)?")
# Packages that only AWS's images have. They are not in the package index.
ONLY_IN_IMAGES = frozenset(
    {"mlio", "sagemaker_algorithm_toolkit", "sagemaker_containers", "sagemaker_sklearn_container"}
    | {"sagemaker_xgboost_container"}
)
_REMEDY = "Set its answer with POST /_emulator/sagemaker/answers."


@dataclass(frozen=True)
class Image:
    """An image that can run here.

    Attributes
    ----------
    kind : str
        As the adapter names it: ``scikit-learn`` or ``xgboost``.
    packages : tuple of str
        Requirements of its environment, if a script needs more than Python.
    """

    kind: str
    packages: tuple[str, ...]


def find(definition: Definition) -> Image:
    """The image of a container.

    Raises
    ------
    NotRunnableError
        If it cannot run here; the message says why.
    """
    found = _NAME.fullmatch(definition.image)
    make = _IMAGES.get(found["repository"]) if found else None
    if found is None or make is None:
        raise refusal(definition.image, "only AWS's images sagemaker-scikit-learn and sagemaker-xgboost run here")
    if found["major"] is None:
        raise refusal(definition.image, "its tag does not begin with the version of the framework")
    if found["repository"] == "sagemaker-xgboost":
        _require_script_mode(definition)
    return make(int(found["major"]), int(found["minor"]))


def refusal(image: str, reason: str) -> NotRunnableError:
    """The error for an image that cannot run here."""
    return NotRunnableError(f"Image {image} cannot run here: {reason}. {_REMEDY}")


def _require_script_mode(definition: Definition) -> None:
    if definition.is_multi_model or not definition.environment.get("SAGEMAKER_PROGRAM"):
        raise refusal(definition.image, "only its script mode (SAGEMAKER_PROGRAM) with one model runs here")


def _scikit_learn(major: int, minor: int) -> Image:
    return Image("scikit-learn", (f"scikit-learn=={major}.{minor}.*", "pandas"))


def _xgboost(major: int, minor: int) -> Image:
    # since 2.1 the package xgboost brings 600 MB for GPUs
    package = "xgboost-cpu" if (major, minor) >= (2, 1) else "xgboost"
    return Image("xgboost", (f"{package}=={major}.{minor}.*", "scikit-learn", "pandas"))


_IMAGES = {"sagemaker-scikit-learn": _scikit_learn, "sagemaker-xgboost": _xgboost}
