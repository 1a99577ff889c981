"""The payload that deploys a package."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from slipway.packaging.package import Package
from slipway.packaging.trial import Sample

DOCUMENTATION_BUCKET = "amzn-s3-demo-bucket"  # AWS reserves this name for documentation
INSTANCE_TYPE = "ml.m5.large"
MOST_TEST_BYTES = 128 * 1024  # of all inline bodies of a request


def payload(package: Package, name: str, bucket: str, sample: Sample | None) -> dict[str, Any]:
    """Return the request that deploys the package to the endpoint `name` on one instance.

    Parameters
    ----------
    name : str
        Name of endpoint and model.
    bucket : str
        Bucket that the archive is uploaded to.
    sample : Sample or None
        Body of the test that the endpoint must pass; it is left out if the trial did not answer it.
    """
    source = package.source
    model: dict[str, Any] = {
        "artifact": f"s3://{bucket}/{package.key(name)}",
        "image": {"framework": source.framework.name, "version": source.version},
    }
    if package.hooks and source.framework.environment:
        model["Environment"] = dict(source.framework.environment)
    if source.isolated:
        model["EnableNetworkIsolation"] = True
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": INSTANCE_TYPE, "InitialInstanceCount": 1}
    request: dict[str, Any] = {"endpointName": name, "models": {name: model}, "productionVariants": [variant]}
    if sample and package.trial and package.trial.answer is not None:
        request |= _test(sample)
    return request


def _test(sample: Sample) -> dict[str, Any]:
    """The member `test`, with the sample as its body if the sample is a short text."""
    body = sample.path.read_bytes()
    if len(body) > MOST_TEST_BYTES:
        return {}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {}
    value: Any = text
    if sample.content_type == "application/json":
        with suppress(ValueError):  # a script may accept other text under this type
            value = json.loads(text)
    types = {"contentType": sample.content_type, "accept": sample.accept}
    return {"test": [{"name": "sample", "body": value, **types, "expect": {"status": 200}}]}
