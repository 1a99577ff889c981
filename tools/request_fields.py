"""Descriptions and limits of the request's fields; tools/request_schema.py adds SageMaker's own."""

from __future__ import annotations

from typing import Any

from tools import component_fields, guardrail_fields, scaling_fields
from tools.model_fields import KEY

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
    **scaling_fields.FIELDS,
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
    **guardrail_fields.FIELDS,
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
        "description": (
            "Role that SageMaker assumes for the endpoint itself. Models have their own roles. Default with "
            "inferenceComponents: the first of the stack's ModelExecutionRoleArns, or the role that it creates."
        ),
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
