"""Default hooks of AWS's containers, for scripts that lack them.

They follow sagemaker_containers/_encoders.py, sagemaker_sklearn_container/serving.py and
sagemaker_xgboost_container/encoder.py, and need numpy, and xgboost for its image.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import tempfile
from collections.abc import Callable
from typing import Any

JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"


class UnsupportedFormatError(Exception):
    """A content type that the default hooks do not know."""

    def __init__(self, content_type: str | None) -> None:
        super().__init__(
            f"Content type {content_type} is not supported by this framework.\n\n"
            "Please implement input_fn to to deserialize the request data or an output_fn to\n"
            "serialize the response. For more information, see the SageMaker Python SDK README."
        )


def decode_array(body: Any, content_type: str | None) -> Any:
    """The body as numpy array. One row of CSV becomes an array of one dimension, as in AWS's container."""
    numpy = _imported("numpy")

    if content_type == NPY:
        return numpy.load(io.BytesIO(body), allow_pickle=True)
    if content_type == JSON:
        return numpy.array(json.loads(body)).astype(numpy.float32)
    if content_type == CSV:
        rows = list(csv.reader(io.StringIO(body), strict=True))
        return numpy.array(rows).squeeze().astype(numpy.float32)
    raise UnsupportedFormatError(content_type)


def decode_matrix(body: Any, content_type: str | None) -> Any:
    """The body as DMatrix of xgboost."""
    numpy, xgboost = _imported("numpy"), _imported("xgboost")

    kind = (content_type or "").split(";")[0].strip()
    if kind == CSV:
        text = body.decode() if isinstance(body, bytes) else body
        sniffed = csv.Sniffer().sniff(text.split("\n")[0][:512]).delimiter
        delimiter = "," if sniffed.isalnum() else sniffed
        rows = [[cell or "nan" for cell in line.split(delimiter)] for line in text.split("\n")]
        return xgboost.DMatrix(numpy.array(rows).astype(None))
    if kind in ("text/libsvm", "text/x-libsvm"):
        with tempfile.NamedTemporaryFile() as file:
            file.write(body.encode() if isinstance(body, str) else body)
            file.flush()
            return xgboost.DMatrix(f"{file.name}?format=libsvm")
    raise UnsupportedFormatError(content_type)


def encode_array(prediction: Any, accept: str) -> Any:
    """The prediction in the format of `accept`."""
    if accept == JSON:
        return json.dumps(prediction, default=lambda value: value.tolist())
    if accept not in (CSV, NPY):
        raise UnsupportedFormatError(accept)
    numpy = _imported("numpy")

    if accept == NPY:
        buffer = io.BytesIO()
        numpy.save(buffer, prediction)
        return buffer.getvalue()
    array = numpy.array(prediction)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n", strict=True).writerows(array.reshape(-1, 1) if array.ndim == 1 else array)
    return text.getvalue()


def _output_fn(prediction: Any, accept: str) -> tuple[Any, str]:
    return encode_array(prediction, accept), accept


def _imported(name: str) -> Any:
    """A package of the container's environment, which the server lacks."""
    return importlib.import_module(name)


HOOKS: dict[str, dict[str, Callable[..., Any]]] = {
    "scikit-learn": {
        "input_fn": decode_array,
        "predict_fn": lambda data, model: model.predict(data),
        "output_fn": _output_fn,
    },
    "xgboost": {
        "input_fn": decode_matrix,
        "predict_fn": lambda data, model: model.predict(data, validate_features=False),
        "output_fn": _output_fn,
    },
}
