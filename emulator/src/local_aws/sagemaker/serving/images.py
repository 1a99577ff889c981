"""Images that can run here, by the adapter: framework images of AWS that serve a script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from local_aws.sagemaker.serving.definitions import Definition
from local_aws.sagemaker.serving.messages import NotRunnableError

_NAME = re.compile(r"(?:.*/)?(?P<repository>[^/:@]+)(?::(?:(?P<major>\d+)\.(?P<minor>\d+))?[^@]*)?(?:@.+)?")
# Packages that only AWS's images have. They are not in the package index.
ONLY_IN_IMAGES = frozenset(
    {"mlio", "sagemaker_algorithm_toolkit", "sagemaker_containers", "sagemaker_sklearn_container"}
    | {"sagemaker_xgboost_container"}
)
# Other packages of the images, by the module that a script imports (requirements.txt of aws/sagemaker-scikit-learn-
# container and aws/sagemaker-xgboost-container)
_IN_BOTH = {
    "boto3": "boto3",
    "botocore": "botocore",
    "cryptography": "cryptography",
    "dateutil": "python-dateutil",
    "flask": "flask",
    "google": "protobuf",
    "jinja2": "jinja2",
    "pandas": "pandas",
    "psutil": "psutil",
    "retrying": "retrying",
    "sagemaker_inference": "sagemaker-inference",
    "six": "six",
}
_IN_XGBOOST = {
    "dask": "dask",
    "matplotlib": "matplotlib",
    "PIL": "pillow",
    "requests": "requests",
    "sklearn": "scikit-learn",
    "urllib3": "urllib3",
    "yaml": "pyyaml",
}
REMEDY = "Set its answer with POST /_emulator/sagemaker/answers."


@dataclass(frozen=True)
class Image:
    """An image that can run here.

    Attributes
    ----------
    kind : str
        As the adapter names it: ``scikit-learn`` or ``xgboost``.
    packages : tuple of str
        Requirements of its environment, if a script needs more than Python.
    others : mapping of str to str
        Packages of the image that are only installed if a script imports them, by the name of their module.
    """

    kind: str
    packages: tuple[str, ...]
    others: Mapping[str, str] = field(default_factory=dict)

    def packages_for(self, imported: Iterable[str]) -> list[str]:
        """Requirements of an environment for a script that imports these modules."""
        return [*self.packages, *sorted(self.others[name] for name in imported if name in self.others)]


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
    return NotRunnableError(f"Image {image} cannot run here: {reason}. {REMEDY}")


def _require_script_mode(definition: Definition) -> None:
    if definition.is_multi_model or not definition.environment.get("SAGEMAKER_PROGRAM"):
        raise refusal(definition.image, "only its script mode (SAGEMAKER_PROGRAM) with one model runs here")


def _scikit_learn(major: int, minor: int) -> Image:
    return Image("scikit-learn", (f"scikit-learn=={major}.{minor}.*",), _IN_BOTH)


def _xgboost(major: int, minor: int) -> Image:
    # since 2.1 the package xgboost brings 600 MB for GPUs
    package = "xgboost-cpu" if (major, minor) >= (2, 1) else "xgboost"
    return Image("xgboost", (f"{package}=={major}.{minor}.*",), _IN_BOTH | _IN_XGBOOST)


_IMAGES = {"sagemaker-scikit-learn": _scikit_learn, "sagemaker-xgboost": _xgboost}
