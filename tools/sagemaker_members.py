"""Descriptions and limits of members and shapes of AWS's service models, which the models lack or have otherwise."""

from __future__ import annotations

from typing import Any

NAME = "letters, digits and hyphens, beginning and ending with a letter or digit, at most 63 characters"

# Beside the reference of a structure's member, by "Shape.Member".
MEMBERS: dict[str, dict[str, Any]] = {
    "ProductionVariant.VariantName": {
        "description": (
            "Name of the variant. Keep the name from one deployment to the next: scaling belongs to the name."
        ),
        "examples": ["AllTraffic"],
    },
    "ProductionVariant.ModelName": {
        "description": "Name of an existing SageMaker model, or a key of models.",
        "examples": ["h2o3-gbm-2019-10-22-17-57-58"],
    },
    "ProductionVariant.InstanceType": {
        "description": (
            "Instance type of the variant. Burstable types (ml.t2, ml.t3, ml.t4g) cannot be scaled. A type that this "
            "version does not know is passed on with a warning."
        ),
        "examples": ["ml.c5.2xlarge"],
    },
    "ProductionVariant.InitialInstanceCount": {
        "description": (
            "Number of instances at the creation of the endpoint. An update preserves the live count, within the "
            "limits of scaling. If the variant is not scaled, an update changes the count when this number differs "
            "from the last deployment's."
        ),
        "examples": [1],
    },
    "ProductionVariant.InitialVariantWeight": {
        "description": (
            "Weight of the variant; its share of the traffic is its weight divided by the sum of all weights."
        ),
        "default": 1.0,
        "examples": [1],
    },
    "ProductionVariant.VolumeSizeInGB": {
        "description": "Size of each instance's volume. Not for instance types with local NVMe storage.",
        "examples": [64],
    },
    "ProductionVariant.AcceleratorType": {
        "description": "Accepted and ignored, with a warning in the result: AWS has retired Elastic Inference.",
        "deprecated": True,
    },
    "ProductionVariantServerlessConfig.MemorySizeInMB": {"description": "Memory, in MB.", "examples": [2048]},
    "ProductionVariantServerlessConfig.MaxConcurrency": {
        "description": "Maximum number of concurrent requests.",
        "examples": [20],
    },
    "ProductionVariantServerlessConfig.ProvisionedConcurrency": {
        "description": "Number of concurrent requests without a cold start. Required to scale the variant.",
        "examples": [5],
    },
    "TargetTrackingScalingPolicyConfiguration.TargetValue": {
        "description": (
            "Target of the metric: invocations per instance and minute, concurrent requests per model, or a "
            "utilization between 0 and 1. Not together with expectedPeakRps."
        ),
        "exclusiveMinimum": 0,
        "maximum": 2.0**360,
        "default": 5000.0,
        "examples": [5000.0],
    },
    "TargetTrackingScalingPolicyConfiguration.ScaleOutCooldown": {
        "description": "Seconds between a scale-out and the next.",
        "minimum": 0,
        "default": 60,
    },
    "TargetTrackingScalingPolicyConfiguration.ScaleInCooldown": {
        "description": "Seconds between a scale-in and the next.",
        "minimum": 0,
        "default": 300,
    },
    "TargetTrackingScalingPolicyConfiguration.DisableScaleIn": {
        "description": "If true, scaling only adds instances.",
        "default": False,
    },
    "StepScalingPolicyConfiguration.AdjustmentType": {
        "description": "What the steps add to or set: a number, a percentage, or the exact capacity.",
    },
    "StepScalingPolicyConfiguration.StepAdjustments": {
        "description": (
            "Steps, at most 20, with bounds relative to the alarm's threshold, without a gap or an overlap."
        ),
    },
    "StepScalingPolicyConfiguration.MinAdjustmentMagnitude": {
        "description": "Minimum change of a percentage.",
        "minimum": 1,
    },
    "StepScalingPolicyConfiguration.Cooldown": {
        "description": "Seconds between a scaling and the next.",
        "minimum": 0,
        "default": 300,
    },
    "StepScalingPolicyConfiguration.MetricAggregationType": {
        "description": "Aggregation of the alarm's metric.",
        "default": "Average",
    },
    "SuspendedState.DynamicScalingInSuspended": {"description": "Whether policies remove nothing."},
    "SuspendedState.DynamicScalingOutSuspended": {"description": "Whether policies add nothing."},
    "SuspendedState.ScheduledScalingSuspended": {"description": "Whether scheduled actions do not run."},
    "DeploymentConfig.BlueGreenUpdatePolicy": {
        "description": "SageMaker's form of canary, linear and all-at-once.",
    },
    "DeploymentConfig.RollingUpdatePolicy": {"description": "SageMaker's form of rolling."},
    "DeploymentConfig.AutoRollbackConfiguration": {
        "description": "Alarms in SageMaker's form; the field alarms has the same effect.",
    },
    "CreateModelInput.ExecutionRoleArn": {
        "description": (
            "Execution role of the model: one of the stack's ModelExecutionRoleArns, or the role that it creates. "
            "Default: the first of them."
        ),
    },
    "ContainerDefinition.Environment": {
        "description": "Environment variables; SageMaker merges them with those of a package.",
    },
    "CreateModelInput.PrimaryContainer": {
        "description": "Settings of the container. The package provides its image and artifacts.",
    },
}

# Added to the definition of a shape, or in place of what the service model says (None: nothing), by name.
SHAPES: dict[str, dict[str, Any]] = {
    "EndpointName": {"description": NAME},
    "VariantName": {"description": NAME},
    "ModelName": {"description": NAME},
    "ContainerHostname": {"description": NAME},
    "InferenceComponentName": {"description": NAME},
    "ServerlessMemorySizeInMB": {"multipleOf": 1024},
    # The service model names no Unicode classes that every engine knows, so: no ASCII but what is allowed.
    "TagKey": {
        "pattern": r"""^[^\x00-\x1f!"#$%&'()*,;<>?\[\\\]^`{|}~\x7f]*$""",
        "description": "letters, digits, spaces and _ . : / = + - @",
    },
    "TagValue": {
        "pattern": r"""^[^\x00-\x1f!"#$%&'()*,;<>?\[\\\]^`{|}~\x7f]*$""",
        "description": "letters, digits, spaces and _ . : / = + - @",
    },
    # A type that is newer than the pinned botocore is passed on with a warning, so the enum is only an example.
    "ProductionVariantInstanceType": {
        "enum": None,
        "pattern": r"^ml\.[a-z]+[0-9][a-z0-9-]*\.(?:nano|micro|small|medium|large|[0-9]*xlarge)$",
        "description": "an instance type of SageMaker, such as ml.m5.large",
    },
    "AlarmName": {"description": "the name of an alarm, not blank, at most 255 characters"},
    "Alarm": {"required": ["AlarmName"]},  # the service model lets it out, and nothing could be watched
    "TagList": {"maxItems": 47},  # of 50; a config has three of Slipway's
    "MetricType": {
        "enum": [
            "SageMakerVariantInvocationsPerInstance",
            "SageMakerVariantConcurrentRequestsPerModelHighResolution",
            "SageMakerVariantProvisionedConcurrencyUtilization",
            "SageMakerInferenceComponentInvocationsPerCopy",
            "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
        ]
    },
    # A TargetValue may be left out: it has a default, and expectedPeakRps gives one.
    "TargetTrackingScalingPolicyConfiguration": {"required": None},
}
