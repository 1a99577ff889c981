"""Descriptions and limits of the request's fields; tools/request_schema.py adds SageMaker's own."""

from __future__ import annotations

from typing import Any

from tools import component_fields
from tools.model_fields import KEY

NAME = "letters, digits and hyphens, beginning and ending with a letter or digit, at most 63 characters"

ALARM_THRESHOLDS: dict[str, dict[str, Any]] = {
    "serverErrorPercent": {
        "description": "Maximum percentage of a minute's invocations that end in a server error (5xx).",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 100,
        "default": 1,
        "examples": [1],
    },
    "modelLatencyP99Milliseconds": {
        "description": (
            "Maximum latency of the model, in milliseconds, for 99 % of a minute's invocations. SageMaker ends an "
            "invocation after 60 s."
        ),
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 60000,
        "default": 5000,
        "examples": [800],
    },
}

FIELDS: dict[str, dict[str, Any]] = {
    "endpointName": {
        "title": "Endpoint",
        "description": (
            "Name of the endpoint to create or update. Names that differ only in case are the same endpoint."
        ),
        "examples": ["test-endpoint"],
    },
    "productionVariants": {
        "title": "Variants",
        "description": (
            "Variants that share the endpoint's traffic, each in the form of SageMaker's ProductionVariant: a model "
            "on InstanceType, InstancePools or ServerlessConfig. In the deployment profile of a model package group, "
            "a variant without ModelName gets the approved model."
        ),
        "examples": [
            [
                {
                    "VariantName": "AllTraffic",
                    "ModelName": "h2o3-gbm-2019-10-22-17-57-58",
                    "InstanceType": "ml.c5.2xlarge",
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": 1,
                }
            ]
        ],
    },
    "autoscalingMinCapacity": {
        "title": "Minimum capacity",
        "description": (
            "Minimum number of instances of each variant, or minimum provisioned concurrency of a serverless "
            "variant. 0 is allowed only on an asynchronous endpoint. This field, like every other scaling field, "
            "makes Slipway scale the variants."
        ),
        "type": "integer",
        "minimum": 0,
        "maximum": 2147483647,
        "default": 1,
        "examples": [1],
    },
    "autoscalingMaxCapacity": {
        "title": "Maximum capacity",
        "description": (
            "Maximum number of instances of each variant, or maximum provisioned concurrency of a serverless "
            "variant. Required with any other scaling field. There is no default, because this number limits the "
            "cost of the endpoint."
        ),
        "type": "integer",
        "minimum": 1,
        "maximum": 2147483647,
        "examples": [4],
    },
    "targetTrackingScalingPolicyConfiguration": {
        "title": "Scaling policy",
        "description": (
            "Scaling policy of each variant, in the form of Application Auto Scaling's "
            "TargetTrackingScalingPolicyConfiguration. Defaults: SageMakerVariantInvocationsPerInstance at 5000 "
            "invocations per instance and minute (serverless: SageMakerVariantProvisionedConcurrencyUtilization at "
            "0.5), ScaleOutCooldown 60 s, ScaleInCooldown 300 s. In a customized metric, the dimensions EndpointName "
            "and VariantName must name the requested endpoint and one of its variants; each variant gets a policy on "
            "its own metric."
        ),
        "examples": [
            {
                "TargetValue": 5000.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
                "ScaleOutCooldown": 60,
                "ScaleInCooldown": 300,
                "DisableScaleIn": False,
            }
        ],
    },
    "expectedPeakRps": {
        "title": "Peak load of an instance",
        "description": (
            "Maximum requests per second that one instance can handle, measured in a load test. Replaces "
            "TargetValue, which becomes expectedPeakRps × 60 × safetyFactor invocations per instance and minute."
        ),
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1000000000,
        "examples": [20],
    },
    "safetyFactor": {
        "title": "Safety factor",
        "description": "Fraction of expectedPeakRps at which Slipway adds an instance.",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "default": 0.5,
        "examples": [0.5],
    },
    "autoscaling": {
        "title": "Scaling by variant",
        "description": (
            'How each variant scales, by its name, and "*" for all variants. The entry of a name takes precedence '
            'over "*", and "*" over the scaling fields above, member by member. See docs/scaling.md.'
        ),
        "examples": [
            {
                "*": {"minCapacity": 1, "maxCapacity": 4},
                "Champion": {"preset": "bursty", "expectedPeakRps": 20, "maxCapacity": 10},
            }
        ],
    },
    "schedule": {
        "title": "Hours",
        "description": (
            "Hours of the week in which the endpoint exists. Slipway removes the endpoint when they end, and creates "
            "it again from 15 minutes before they begin. Without this field, the endpoint always exists. See "
            "docs/scaling.md."
        ),
        "examples": [{"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin"}],
    },
    "inferenceComponents": component_fields.FIELD,
    "deadlineSeconds": {
        "title": "Deadline",
        "description": (
            "Maximum seconds from the start of the execution's turn until the endpoint is in service. After the "
            "deadline the deployment fails and is rolled back. The default grows with an update's waits "
            "(deploymentConfig, alarms) and with the time-outs of a variant, such as "
            "ContainerStartupHealthCheckTimeoutInSeconds. A value that you set must exceed the waits by 600 s."
        ),
        "type": "integer",
        "minimum": 600,
        "maximum": 28800,
        "default": 3600,
        "examples": [3600],
    },
    "deploymentConfig": {
        "title": "Guardrails",
        "description": (
            "How an update shifts traffic from the old fleet to the new fleet. Use either the short form in "
            "camelCase or SageMaker's DeploymentConfig in PascalCase, not both. Default: all at once, with a baking "
            "time only if alarms are set. A creation validates this field, but has no traffic to shift. Not for "
            "serverless endpoints, and not for an update that changes the names of variants."
        ),
        "examples": [
            {"strategy": "canary", "percent": 10, "bakeMinutes": 5},
            {"strategy": "linear", "percent": 20, "bakeMinutes": 5, "terminationWaitMinutes": 10},
            {"strategy": "rolling", "percent": 25, "maximumMinutes": 120},
            {"strategy": "all-at-once"},
        ],
    },
    "alarms": {
        "title": "Alarms",
        "description": (
            "Names of CloudWatch alarms (metric or composite) in this account and Region. If one of them goes into "
            "ALARM during an update, SageMaker rolls back the update. At most ten, including the alarms of "
            'deploymentConfig. Or "create": Slipway creates alarms on server errors and model latency for each '
            "production variant, and separate alarms on the new fleet of each update, which SageMaker watches."
        ),
        "type": ["array", "string"],
        "minItems": 1,
        "maxItems": 10,
        "if": {"type": "string"},
        "then": {"enum": ["create"]},
        "examples": [["test-endpoint-errors", "test-endpoint-latency"], "create"],
    },
    "alarmThresholds": {
        "title": "Thresholds of the alarms",
        "description": 'Thresholds of the alarms that Slipway creates. Requires "alarms": "create".',
        "type": "object",
        "properties": ALARM_THRESHOLDS,
        "additionalProperties": False,
        "examples": [{"serverErrorPercent": 2, "modelLatencyP99Milliseconds": 800}],
    },
    "onFailure": {
        "title": "On failure",
        "description": (
            "ROLL_BACK removes the resources that the failed deployment created. KEEP leaves them for inspection; "
            "they may cost money."
        ),
        "enum": ["ROLL_BACK", "KEEP"],
        "default": "ROLL_BACK",
        "examples": ["KEEP"],
    },
    "whenBusy": {
        "title": "When busy",
        "description": (
            "What to do while another execution deploys the endpoint or waits for it. FAIL ends with EndpointBusy at "
            "once. WAIT waits for its turn, in the order of the executions' start, for at most deadlineSeconds, or 8 "
            "hours if deadlineSeconds is not set. Behind an execution of the same request, the execution always "
            "waits. The default in a profile is WAIT."
        ),
        "enum": ["FAIL", "WAIT"],
        "default": "FAIL",
        "examples": ["WAIT"],
    },
    "dryRun": {
        "title": "Dry run",
        "description": (
            "If true, the execution ends after planning. It succeeds with the plan as its output, changes nothing, "
            "and sends no notification. Not in a profile."
        ),
        "type": "boolean",
        "default": False,
        "examples": [True],
    },
    "force": {
        "title": "Force",
        "description": (
            "If true, the request is deployed even if the endpoint already runs it, with a new endpoint config. Live "
            "instance counts are preserved. Not in a profile."
        ),
        "type": "boolean",
        "default": False,
        "examples": [True],
    },
    "planHash": {
        "title": "Plan",
        "description": (
            "The planHash of a dry run. If the plan has changed since, the execution ends with PlanOutdated and "
            "changes nothing. Not in a profile."
        ),
        "type": "string",
        "pattern": "^[0-9a-f]{12}$",
        "examples": ["6d537cdc35e0"],
    },
    "rollback": {
        "title": "Restore the previous deployment",
        "description": (
            "If true, Slipway restores the deployment before the live one, including its scaling. Each such request "
            "goes back one more deployment. Can be combined only with deploymentConfig, deadlineSeconds, test, "
            "onFailure, whenBusy, dryRun, force and planHash."
        ),
        "type": "boolean",
        "default": False,
        "examples": [True],
    },
    "rollbackTo": {
        "title": "Deployment to restore",
        "description": (
            "Id of the deployment to restore, instead of rollback. The id is the name of the deployment's execution."
        ),
        "type": "string",
        "minLength": 1,
        "maxLength": 80,
        "examples": ["8f6f0f4c-7c3a-4c52-9a55-0a1f5a6b7c8d"],
    },
    "tags": {
        "title": "Tags",
        "description": (
            "Tags of the resources that the deployment creates. An existing endpoint keeps its tags. Keys that begin "
            "with aws: or slipway: are reserved."
        ),
        "examples": [[{"Key": "team", "Value": "churn"}]],
    },
    "models": {
        "title": "Models",
        "description": (
            "Models that Slipway creates, by a key that variants name in ModelName. Each has one of artifact, "
            "ModelDataSource, package, trainingJob, tuningJob, containers and multiModel, or only an image that has "
            "the model in it. Beside it, CreateModel's own members in PascalCase, of the container and of the model."
        ),
        "type": "object",
        "propertyNames": KEY,
        "additionalProperties": {"$ref": "#/$defs/RequestedModel"},
        "examples": [
            {
                "churn": {
                    "artifact": "s3://my-artifacts/churn/model.tar.gz",
                    "image": {"framework": "xgboost", "version": "3.2-0"},
                }
            }
        ],
    },
    "model": {
        "title": "Model",
        "description": (
            "In a deployment profile: how Slipway creates the model of an approved package, in the form of "
            "SageMaker's CreateModel. Ignored if the request names its models."
        ),
        "examples": [{"ExecutionRoleArn": "arn:aws:iam::123456789012:role/models", "EnableNetworkIsolation": True}],
    },
    "test": {
        "title": "Tests",
        "description": (
            "Requests with known answers, sent after the endpoint is in service and scaled. A wrong answer fails the "
            "deployment, which is rolled back. A request can be sent several times."
        ),
        "examples": [
            [
                {
                    "name": "golden",
                    "body": {"instances": [[5.1, 3.5, 1.4, 0.2]]},
                    "expect": {
                        "equals": {"/predictions/0/predicted_class": "setosa"},
                        "within": {"/predictions/0/probabilities/setosa": [1.0, 0.05]},
                        "latencyMilliseconds": 500,
                    },
                }
            ]
        ],
    },
    "shadowProductionVariants": {
        "title": "Shadow variants",
        "description": (
            "A variant that receives a copy of the traffic; its responses are discarded. Requires exactly one "
            "production variant. Slipway does not scale it."
        ),
    },
    "dataCaptureConfig": {
        "title": "Data capture",
        "description": "Which requests and responses SageMaker stores in S3, and where.",
    },
    "asyncInferenceConfig": {
        "title": "Asynchronous inference",
        "description": "Makes the endpoint asynchronous: SageMaker queues requests and stores responses in S3.",
    },
    "explainerConfig": {
        "title": "Explainer",
        "description": "Makes SageMaker Clarify explain the responses.",
    },
    "kmsKeyId": {
        "title": "Key of the instances' storage",
        "description": (
            "KMS key of the instances' volumes: id, ARN or alias. The stack's parameter VolumeKeyArns must contain "
            "the ARN of the key, or the policy of the key must name the stack's roles. Instance types with local "
            "NVMe storage take no key."
        ),
        "examples": ["alias/models"],
    },
    "executionRoleArn": {
        "title": "Role of the endpoint",
        "description": "Role that SageMaker assumes for the endpoint itself. Models have their own roles.",
    },
    "vpcConfig": {
        "title": "Network of the endpoint",
        "description": "Subnets and security groups of the endpoint itself. Models have their own.",
    },
    "enableNetworkIsolation": {
        "title": "Network isolation",
        "description": "Whether the containers have no network access.",
    },
    "metricsConfig": {
        "title": "Metrics",
        "description": "Which utilization metrics SageMaker publishes, and at which interval in seconds.",
    },
}

# The short form of deploymentConfig; the percentages' defaults and limits are in plan_deployment/request/strategies.py.
SHORT_DEPLOYMENT: dict[str, dict[str, Any]] = {
    "strategy": {
        "description": (
            "canary: part of the new fleet first, then the rest. linear: step by step. rolling: batch by batch, "
            "without a second fleet. all-at-once: everything, then a baking time. Required in the short form."
        ),
        "enum": ["canary", "linear", "rolling", "all-at-once"],
    },
    "percent": {
        "description": (
            "Share of each variant's instances in one step, at least one instance: canary 1 to 50 (default 10), "
            "linear 10 to 50 (default 20), rolling 5 to 50 (default 25). Not for all-at-once."
        ),
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
    },
    "bakeMinutes": {
        "description": "Minutes after each step in which SageMaker watches the alarms.",
        "type": "integer",
        "minimum": 0,
        "maximum": 60,
        "default": 5,
    },
    "terminationWaitMinutes": {
        "description": (
            "Minutes for which SageMaker keeps the old fleet after the last step. Not for rolling, which has no "
            "second fleet."
        ),
        "type": "integer",
        "minimum": 0,
        "maximum": 60,
        "default": 0,
    },
    "maximumMinutes": {
        "description": (
            "Minutes after which SageMaker rolls back an incomplete update. Must exceed the sum of all waits. "
            "Default: ten minutes less than the deadline, but at least ten minutes more than the waits."
        ),
        "type": "integer",
        "minimum": 10,
        "maximum": 480,
    },
}

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
