"""The check of an archive's files: the model that its container looks for, and requirements that it can install."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

from slipway.packaging.faults import Fault
from slipway.packaging.frameworks import PROGRAM, Framework

SCRIPT = f"code/{PROGRAM}"
REQUIREMENTS = "code/requirements.txt"
TORCH_SUFFIXES = (".pt", ".pth")


def check(names: Collection[str], framework: Framework, hooks: Collection[str], *, isolated: bool) -> Iterator[Fault]:
    """Faults of the archive's files.

    Parameters
    ----------
    names : collection of str
        Names in the archive.
    hooks : collection of str
        Hooks that the script defines.
    isolated : bool
        Whether the model runs in network isolation.
    """
    if framework.needs_script and SCRIPT not in names:
        message = f"{framework.title}'s container needs a script"
        yield Fault(SCRIPT, 0, message, f"Write {PROGRAM} with model_fn, and name its folder as the code folder")
    if isolated and REQUIREMENTS in names:
        message = "the container cannot install requirements in network isolation"
        yield Fault(REQUIREMENTS, 1, message, "Put the packages into code/, or use an image that has them")
    if "model_fn" not in hooks:
        yield from _default_model(names, framework)


def _default_model(names: Iterable[str], framework: Framework) -> Iterator[Fault]:
    """Faults of the files that the container's own loader looks for."""
    paths = [PurePosixPath(name) for name in names if not name.startswith("code/")]
    if framework.name == "pytorch" and sum(path.suffix in TORCH_SUFFIXES for path in paths) != 1:
        message = "without model_fn, PyTorch's container loads exactly one .pt or .pth file of TorchScript"
        yield Fault(SCRIPT, 0, message, "Define model_fn, or put one such file into the model folder")
    if framework.name == "huggingface" and PurePosixPath("config.json") not in paths:
        message = "without model_fn, Hugging Face's container needs the model's config.json"
        yield Fault("config.json", 0, message, "Save the model with save_pretrained, or define model_fn")
    if framework.name == "tensorflow" and not any(_is_saved_model(path) for path in paths):
        message = "TensorFlow Serving loads saved_model.pb from a folder whose name is a version number"
        yield Fault("saved_model.pb", 0, message, "Save the model to a folder such as export/1")


def _is_saved_model(path: PurePosixPath) -> bool:
    return path.name == "saved_model.pb" and path.parent.name.isdigit()
