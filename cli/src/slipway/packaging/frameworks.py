"""What the container of each framework expects of an archive.

Sources: `_transformer.py` and `_env.py` of aws/sagemaker-containers (scikit-learn, XGBoost), `transformer.py` of
aws/sagemaker-inference-toolkit (PyTorch, Hugging Face), `python_service.py` of
aws/sagemaker-tensorflow-serving-container (TensorFlow).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

PROGRAM = "inference.py"
HOOKS: Mapping[str, tuple[str, ...]] = {
    "model_fn": ("model_dir",),
    "input_fn": ("request_body", "content_type"),
    "predict_fn": ("data", "model"),
    "output_fn": ("prediction", "accept"),
    "transform_fn": ("model", "request_body", "content_type", "accept"),
}
# called by the inference toolkit at start, before and after model_fn
TOOLKIT_HOOKS: Mapping[str, tuple[str, ...]] = {
    **HOOKS,
    "pre_model_fn": ("model_dir",),
    "model_warmup_fn": ("model_dir", "model"),
}
HANDLERS: Mapping[str, tuple[str, ...]] = {
    "handler": ("data", "context"),
    "input_handler": ("data", "context"),
    "output_handler": ("response", "context"),
}
# without these two, scikit-learn and xgboost look for the script in /opt/ml/code
SCRIPT_ENVIRONMENT = {"SAGEMAKER_PROGRAM": PROGRAM, "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}


@dataclass(frozen=True)
class Framework:
    """A framework that AWS has inference images for.

    Attributes
    ----------
    name : str
        Name in a payload's ``image``.
    title : str
        Name in messages.
    version : str
        Version of the image if the user gives none: the newest one that Slipway knows.
    hooks : mapping of str to tuple of str
        Functions that the container calls, with their parameters.
    passes_context : bool
        Whether a hook with one more parameter gets the request's context.
    environment : mapping of str to str
        Environment variables that the container needs to find the script.
    needs_script : bool
        Whether the container cannot serve a model without a script.
    needs_model_fn : bool
        Whether a script must define ``model_fn``.
    modules : frozenset of str
        Modules of the image that are not in the standard library.
    """

    name: str
    title: str
    version: str
    hooks: Mapping[str, tuple[str, ...]]
    modules: frozenset[str]
    passes_context: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    needs_script: bool = False
    needs_model_fn: bool = False


FRAMEWORKS: Mapping[str, Framework] = {
    each.name: each
    for each in (
        Framework(
            name="sklearn",
            title="scikit-learn",
            version="1.9-0",
            hooks=HOOKS,
            modules=frozenset({"joblib", "numpy", "pandas", "sagemaker_containers", "scipy", "sklearn"}),
            environment=SCRIPT_ENVIRONMENT,
            needs_script=True,
            needs_model_fn=True,
        ),
        Framework(
            name="xgboost",
            title="XGBoost",
            version="3.2-0",
            hooks=HOOKS,
            modules=frozenset(
                {"joblib", "numpy", "pandas", "sagemaker_containers", "sagemaker_xgboost_container", "scipy"}
                | {"sklearn", "xgboost"}
            ),
            environment=SCRIPT_ENVIRONMENT,
            needs_model_fn=True,
        ),
        Framework(
            name="pytorch",
            title="PyTorch",
            version="2.6.0",
            hooks=TOOLKIT_HOOKS,
            modules=frozenset({"numpy", "pandas", "sagemaker_inference", "scipy", "sklearn", "torch", "torchvision"}),
            passes_context=True,
        ),
        Framework(
            name="huggingface",
            title="Hugging Face",
            version="5.5.3",
            hooks=TOOLKIT_HOOKS,
            modules=frozenset(
                {"numpy", "sagemaker_huggingface_inference_toolkit", "sagemaker_inference", "tokenizers", "torch"}
                | {"transformers"}
            ),
            passes_context=True,
        ),
        Framework(
            name="tensorflow",
            title="TensorFlow",
            version="2.20.0",
            hooks=HANDLERS,
            modules=frozenset({"falcon", "grpc", "numpy", "requests", "tensorflow", "tensorflow_serving"}),
        ),
    )
}
