"""Descriptions and limits of the request's models; tools/request_schema.py adds CreateModel's own members."""

from __future__ import annotations

from typing import Any

from tools.image_table import FRAMEWORKS

BUCKET = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
JOB_NAME = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"
GROUP = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
REGISTRY_ARN = r"arn:[a-z-]+:sagemaker:[a-z0-9-]+:[0-9]{12}"
# Together with a hyphen and a hash of twelve digits, a key gives a name of at most 63 characters.
KEY = {
    "description": "letters, digits and hyphens, beginning and ending with a letter or digit, at most 48 characters",
    "type": "string",
    "pattern": "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,47}$",
    "maxLength": 48,
}

IMAGE: dict[str, Any] = {
    "description": "the URI of an image, or an object with framework and version",
    "type": ["string", "object"],
    "minLength": 1,
    "maxLength": 255,
    "pattern": r"^\S+$",
    "properties": {
        "framework": {
            "description": "Framework of one of AWS's inference images.",
            "type": "string",
            "enum": list(FRAMEWORKS),
            "examples": ["xgboost"],
        },
        "version": {
            "description": (
                "Version of the framework, as AWS writes it. Of Hugging Face: Transformers, and its base if there are "
                "several, such as 4.26.0-pytorch1.13.1."
            ),
            "type": "string",
            "minLength": 1,
            "maxLength": 64,
            "examples": ["3.2-0"],
        },
        "processor": {
            "description": "Default: that of the instance types of the variants that name the model.",
            "type": "string",
            "enum": ["cpu", "gpu", "graviton"],
            "examples": ["cpu"],
        },
        "pythonVersion": {
            "description": "Default: the newest that the framework's version has.",
            "type": "string",
            "pattern": "^py[0-9]{1,4}$",
            "examples": ["py312"],
        },
    },
    "required": ["framework", "version"],
    "additionalProperties": False,
}

PACKAGE_VERSION: dict[str, Any] = {
    "description": 'the number of an approved version, or "latest-approved"',
    "type": ["integer", "string"],
    "minimum": 1,
    "maximum": 999999999,
    "pattern": "^latest-approved$",
}

PACKAGE: dict[str, Any] = {
    "description": "the ARN of a model package, or an object with group and version",
    "type": ["string", "object"],
    "pattern": f"^{REGISTRY_ARN}:model-package/{GROUP}(/[0-9]{{1,9}})?$",
    "properties": {
        "group": {
            "description": "Name or ARN of the model package group.",
            "type": "string",
            "pattern": f"^({REGISTRY_ARN}:model-package-group/)?{GROUP}$",
            "examples": ["churn"],
        },
        "version": {
            "$ref": "#/$defs/RequestedPackageVersion",
            "description": "Number of an approved version, or latest-approved for the newest one.",
        },
    },
    "required": ["group", "version"],
    "additionalProperties": False,
}

CONTAINER: dict[str, dict[str, Any]] = {
    "artifact": {
        "description": (
            "S3 URI of the model, a tar archive that is compressed by gzip. The bucket must be one of the stack's "
            "parameter ArtifactBuckets, or the bucket that the stack creates."
        ),
        "type": "string",
        "pattern": rf"^s3://{BUCKET}/\S+\.tar\.gz$",
        "maxLength": 1024,
        "examples": ["s3://my-artifacts/churn/model.tar.gz"],
    },
    "multiModel": {
        "description": "S3 prefix of the archives of a multi-model container; it ends in a slash.",
        "type": "string",
        "pattern": rf"^s3://{BUCKET}/(\S+/)?$",
        "maxLength": 1024,
        "examples": ["s3://my-artifacts/models/"],
    },
    "package": {
        "$ref": "#/$defs/RequestedPackage",
        "description": (
            "Approved package of the model registry: its ARN, or its group and version. The package provides image and "
            "artifacts."
        ),
        "examples": [{"group": "churn", "version": "latest-approved"}],
    },
    "image": {
        "$ref": "#/$defs/RequestedImage",
        "description": (
            "Image of the container: a URI, or a framework and its version, of which Slipway takes AWS's inference "
            "image in the Region. Without another source, the image has the model."
        ),
        "examples": [{"framework": "xgboost", "version": "3.2-0"}],
    },
}

MODEL: dict[str, dict[str, Any]] = {
    "trainingJob": {
        "description": (
            "Completed training job. Artifact, inference image, code, network and, if the stack may pass it, the role "
            "are those of the job."
        ),
        "type": "string",
        "pattern": JOB_NAME,
        "examples": ["churn-2026-11-28"],
    },
    "tuningJob": {
        "description": "Completed tuning job, of which Slipway takes the best training job.",
        "type": "string",
        "pattern": JOB_NAME,
        "examples": ["churn-hpo"],
    },
    "containers": {
        "description": "Containers of a serial pipeline, or containers that are invoked directly.",
        "type": "array",
        "items": {"$ref": "#/$defs/RequestedContainer"},
        "minItems": 1,
        "maxItems": 15,
    },
    "mode": {
        "description": (
            "serial: each container gets the response of the one before. direct: each invocation names its container."
        ),
        "type": "string",
        "enum": ["serial", "direct"],
        "default": "serial",
    },
}
