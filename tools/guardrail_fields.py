"""The request's fields on guarded updates: `deploymentConfig` and its short form, and the alarms."""

from __future__ import annotations

from typing import Any

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
