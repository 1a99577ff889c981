"""What people are told about the request's fields; tools/request_schema.py adds what SageMaker's model says."""

from __future__ import annotations

from typing import Any

NAME = "letters, digits and hyphens, beginning and ending with a letter or digit, at most 63 characters"

ALARM_THRESHOLDS: dict[str, dict[str, Any]] = {
    "serverErrorPercent": {
        "description": "Percent of a minute's invocations that may be answered with a server error (5xx).",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 100,
        "default": 1,
        "examples": [1],
    },
    "modelLatencyP99Milliseconds": {
        "description": (
            "Milliseconds within which the model answers 99 % of a minute's invocations; a container has 60 s."
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
            "Name of the endpoint to create or to update. Names that differ only in case are the same endpoint."
        ),
        "examples": ["test-endpoint"],
    },
    "productionVariants": {
        "title": "Variants",
        "description": (
            "The variants that share the endpoint's traffic, each as SageMaker's ProductionVariant: a model on "
            "InstanceType, InstancePools or ServerlessConfig. In the deployment profile of a model package group, a "
            "variant without ModelName gets the approved model."
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
        "title": "Fewest instances",
        "description": (
            "Fewest instances of each variant (provisioned concurrency of a serverless one). 0 only on an asynchronous "
            "endpoint. Variants are scaled if this or any other field of scaling is given, else none is."
        ),
        "type": "integer",
        "minimum": 0,
        "maximum": 2147483647,
        "default": 1,
        "examples": [1],
    },
    "autoscalingMaxCapacity": {
        "title": "Most instances",
        "description": (
            "Most instances of each variant (provisioned concurrency of a serverless one). Has no default, because it "
            "bounds what the endpoint may cost: it must be given if any other field of scaling is."
        ),
        "type": "integer",
        "minimum": 1,
        "maximum": 2147483647,
        "examples": [4],
    },
    "targetTrackingScalingPolicyConfiguration": {
        "title": "Scaling policy",
        "description": (
            "How each variant is scaled, as Application Auto Scaling's TargetTrackingScalingPolicyConfiguration. "
            "Members that are left out are: SageMakerVariantInvocationsPerInstance at 5000 invocations per instance "
            "and minute (serverless: SageMakerVariantProvisionedConcurrencyUtilization at 0.5), cooldowns of 60 s out "
            "and 300 s in. The dimensions EndpointName and VariantName of a customized metric name what the request "
            "deploys; every variant gets its own."
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
            "Requests per second that one instance bears at its peak, as a load test shows it; in place of a "
            "TargetValue, which is then peak × 60 × safetyFactor invocations per instance and minute."
        ),
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1000000000,
        "examples": [20],
    },
    "safetyFactor": {
        "title": "Safety factor",
        "description": "Share of expectedPeakRps at which another instance is started (no unit).",
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
        "default": 0.5,
        "examples": [0.5],
    },
    "deadlineSeconds": {
        "title": "Deadline",
        "description": (
            "Seconds until the endpoint must be in service, from when the execution has its turn; after that the "
            "deployment fails and is rolled back. The default is raised by an update's waits (deploymentConfig, "
            "alarms) and by the time-outs of a variant, such as ContainerStartupHealthCheckTimeoutInSeconds. One "
            "that is given must leave 600 s beside the waits."
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
            "How an update shifts the traffic from the old fleet to the new: the short form in camelCase, or "
            "SageMaker's own DeploymentConfig in PascalCase, not both. A creation has no traffic to shift: there it is "
            "only judged. Left out: all at once with baking time if alarms are given, else SageMaker's own default, "
            "all at once without. Not for serverless endpoints; the names of the variants must stay as they are."
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
            "Names of CloudWatch alarms, metric or composite, that exist in this account and Region: if one goes off "
            "during an update, SageMaker returns to the old fleet. With those of deploymentConfig ten at most. Or "
            '"create": alarms on server errors and model latency are made for each production variant, and others on '
            "the new fleet for each update to be watched."
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
        "description": "When the alarms go off that are made; only with the alarms create.",
        "type": "object",
        "properties": ALARM_THRESHOLDS,
        "additionalProperties": False,
        "examples": [{"serverErrorPercent": 2, "modelLatencyP99Milliseconds": 800}],
    },
    "onFailure": {
        "title": "On failure",
        "description": (
            "ROLL_BACK removes what the failed deployment made; KEEP leaves it for inspection, where it costs money."
        ),
        "enum": ["ROLL_BACK", "KEEP"],
        "default": "ROLL_BACK",
        "examples": ["KEEP"],
    },
    "whenBusy": {
        "title": "When busy",
        "description": (
            "What to do while another execution deploys the endpoint, or waits for it: FAIL ends EndpointBusy at once, "
            "WAIT waits for its turn, in the order of the executions' start, for deadlineSeconds, or 8 hours without "
            "it. Behind the same request it always waits. In a profile the default is WAIT."
        ),
        "enum": ["FAIL", "WAIT"],
        "default": "FAIL",
        "examples": ["WAIT"],
    },
    "dryRun": {
        "title": "Dry run",
        "description": (
            "true ends the execution after planning: it succeeds with the plan as its output, changes nothing and "
            "tells nobody. Not in a profile."
        ),
        "type": "boolean",
        "default": False,
        "examples": [True],
    },
    "force": {
        "title": "Force",
        "description": (
            "true deploys what the endpoint runs already once more, with an endpoint config of its own. Live instance "
            "counts are preserved. Not in a profile."
        ),
        "type": "boolean",
        "default": False,
        "examples": [True],
    },
    "planHash": {
        "title": "Plan",
        "description": (
            "The planHash of a dry run: if anything else would be done now, the deployment ends PlanOutdated and "
            "changes nothing. Not in a profile."
        ),
        "type": "string",
        "pattern": "^[0-9a-f]{12}$",
        "examples": ["6d537cdc35e0"],
    },
    "rollback": {
        "title": "Roll back",
        "description": (
            "true: deploys anew, scaling included, what was deployed before what serves now; each time one deployment "
            "further back. Beside it only deploymentConfig, deadlineSeconds, onFailure, whenBusy, dryRun, force and "
            "planHash."
        ),
        "type": "boolean",
        "default": False,
        "examples": [True],
    },
    "rollbackTo": {
        "title": "Roll back to",
        "description": "The same for a certain deployment: its id, which is the name of its execution.",
        "type": "string",
        "minLength": 1,
        "maxLength": 80,
        "examples": ["8f6f0f4c-7c3a-4c52-9a55-0a1f5a6b7c8d"],
    },
    "tags": {
        "title": "Tags",
        "description": (
            "Tags of what the deployment creates. An endpoint that exists keeps the tags it has. Keys that begin with "
            "aws: or slipway: are reserved."
        ),
        "examples": [[{"Key": "team", "Value": "churn"}]],
    },
    "model": {
        "title": "Model",
        "description": (
            "In a deployment profile: how the model of an approved package is created, as SageMaker's CreateModel. "
            "Not used when the request names its models."
        ),
        "examples": [{"ExecutionRoleArn": "arn:aws:iam::123456789012:role/models", "EnableNetworkIsolation": True}],
    },
    "shadowProductionVariants": {
        "title": "Shadow variants",
        "description": (
            "One variant that gets a copy of the traffic and whose answers nobody sees; with exactly one production "
            "variant. It is not scaled."
        ),
    },
    "dataCaptureConfig": {
        "title": "Data capture",
        "description": "Which requests and answers SageMaker writes to S3, and where.",
    },
    "asyncInferenceConfig": {
        "title": "Asynchronous inference",
        "description": "Makes the endpoint asynchronous: requests queue, answers go to S3.",
    },
    "explainerConfig": {
        "title": "Explainer",
        "description": "Has SageMaker Clarify explain the answers.",
    },
    "kmsKeyId": {
        "title": "Key of the instances' storage",
        "description": "KMS key of the instances' volumes: id, ARN or alias. Its ARN must be in the stack's parameter "
        "VolumeKeyArns, or its policy must name the stack's roles. Instance types with local NVMe storage take no key.",
        "examples": ["alias/models"],
    },
    "executionRoleArn": {
        "title": "Role of the endpoint",
        "description": "Role that SageMaker assumes for the endpoint itself; models have roles of their own.",
    },
    "vpcConfig": {
        "title": "Network of the endpoint",
        "description": "Subnets and security groups of the endpoint itself; models have their own.",
    },
    "enableNetworkIsolation": {
        "title": "Network isolation",
        "description": "Whether the containers are cut off from the network.",
    },
    "metricsConfig": {
        "title": "Metrics",
        "description": "Which utilization metrics SageMaker publishes, and every how many seconds.",
    },
}

# The short form of deploymentConfig; functions/plan_deployment/deployment.py has the percentages' defaults and limits.
SHORT_DEPLOYMENT: dict[str, dict[str, Any]] = {
    "strategy": {
        "description": (
            "canary: a part of the new fleet first, then the rest; linear: step by step; rolling: batch by batch, with "
            "no second fleet; all-at-once: everything, then a baking time. Needed in the short form."
        ),
        "enum": ["canary", "linear", "rolling", "all-at-once"],
    },
    "percent": {
        "description": (
            "Share of each variant's instances in a step, at least one instance: of a canary 1 to 50 (default 10), "
            "linear 10 to 50 (default 20), rolling 5 to 50 (default 25). Not for all-at-once."
        ),
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
    },
    "bakeMinutes": {
        "description": "Minutes that the alarms are watched after each step.",
        "type": "integer",
        "minimum": 0,
        "maximum": 60,
        "default": 5,
    },
    "terminationWaitMinutes": {
        "description": "Minutes that the old fleet is kept after the last step. Not for rolling, which keeps none.",
        "type": "integer",
        "minimum": 0,
        "maximum": 60,
        "default": 0,
    },
    "maximumMinutes": {
        "description": (
            "Minutes after which SageMaker gives the update up; more than all waits together. Left out: ten minutes "
            "before the deadline, but at least ten more than the waits."
        ),
        "type": "integer",
        "minimum": 10,
        "maximum": 480,
    },
}

# Beside the reference of a structure's member, by "Shape.Member".
MEMBERS: dict[str, dict[str, Any]] = {
    "ProductionVariant.VariantName": {
        "description": "Name of the variant; keep it from one deployment to the next, scaling belongs to the name.",
        "examples": ["AllTraffic"],
    },
    "ProductionVariant.ModelName": {
        "description": "Name of a SageMaker model that exists.",
        "examples": ["h2o3-gbm-2019-10-22-17-57-58"],
    },
    "ProductionVariant.InstanceType": {
        "description": (
            "Instance type of every instance of the variant. Burstable types (ml.t2, ml.t3, ml.t4g) cannot be scaled. "
            "A type that this version does not know is passed on with a warning."
        ),
        "examples": ["ml.c5.2xlarge"],
    },
    "ProductionVariant.InitialInstanceCount": {
        "description": (
            "Instances to begin with. Once the endpoint exists, an update keeps the live count, and scaling keeps it "
            "in bounds; where nothing scales the variant, another number than the last deployment's changes the count."
        ),
        "examples": [1],
    },
    "ProductionVariant.InitialVariantWeight": {
        "description": "Share of the traffic: this weight over the sum of all weights.",
        "default": 1.0,
        "examples": [1],
    },
    "ProductionVariant.VolumeSizeInGB": {
        "description": "Size of each instance's volume. Not for instance types with local NVMe storage.",
        "examples": [64],
    },
    "ProductionVariant.AcceleratorType": {
        "description": "AWS has retired Elastic Inference: accepted, left out of the call, mentioned in the result.",
        "deprecated": True,
    },
    "ProductionVariantServerlessConfig.MemorySizeInMB": {"description": "Memory, MB.", "examples": [2048]},
    "ProductionVariantServerlessConfig.MaxConcurrency": {"description": "Most requests at a time.", "examples": [20]},
    "ProductionVariantServerlessConfig.ProvisionedConcurrency": {
        "description": "Requests at a time that never meet a cold start; only a variant that has it can be scaled.",
        "examples": [5],
    },
    "TargetTrackingScalingPolicyConfiguration.TargetValue": {
        "description": (
            "What the metric is held at: invocations per instance and minute, requests per model, or a utilization "
            "between 0 and 1. To be left out with expectedPeakRps."
        ),
        "exclusiveMinimum": 0,
        "maximum": 2.0**360,
        "default": 5000.0,
        "examples": [5000.0],
    },
    "TargetTrackingScalingPolicyConfiguration.ScaleOutCooldown": {
        "description": "Seconds after a scale-out before the next.",
        "minimum": 0,
        "default": 60,
    },
    "TargetTrackingScalingPolicyConfiguration.ScaleInCooldown": {
        "description": "Seconds after a scale-in before the next.",
        "minimum": 0,
        "default": 300,
    },
    "TargetTrackingScalingPolicyConfiguration.DisableScaleIn": {
        "description": "Whether instances are only ever added.",
        "default": False,
    },
    "DeploymentConfig.BlueGreenUpdatePolicy": {
        "description": "SageMaker's own form of canary, linear and all-at-once.",
    },
    "DeploymentConfig.RollingUpdatePolicy": {"description": "SageMaker's own form of rolling."},
    "DeploymentConfig.AutoRollbackConfiguration": {
        "description": "Alarms beside SageMaker's own form; the field alarms says the same.",
    },
    "CreateModelInput.ExecutionRoleArn": {
        "description": "Role that the model runs with; the stack's first model execution role if left out.",
    },
    "ContainerDefinition.Environment": {
        "description": "Environment variables, which SageMaker merges with those of the package.",
    },
    "CreateModelInput.PrimaryContainer": {
        "description": "What the container gets beside image and artifacts, which are the package's.",
    },
}

# Added to the definition of a shape, or in place of what the service model says (None: nothing), by name.
SHAPES: dict[str, dict[str, Any]] = {
    "EndpointName": {"description": NAME},
    "VariantName": {"description": NAME},
    "ModelName": {"description": NAME},
    "ContainerHostname": {"description": NAME},
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
    "TagList": {"maxItems": 48},  # of 50; two are Slipway's
    "MetricType": {
        "enum": [
            "SageMakerVariantInvocationsPerInstance",
            "SageMakerVariantConcurrentRequestsPerModelHighResolution",
            "SageMakerVariantProvisionedConcurrencyUtilization",
        ]
    },
    # A TargetValue may be left out: it has a default, and expectedPeakRps gives one.
    "TargetTrackingScalingPolicyConfiguration": {"required": None},
}
