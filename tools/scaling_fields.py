"""The request's fields on scaling, and the definitions that they share with inference components."""

from __future__ import annotations

from typing import Any

from plan_deployment.request.presets import PRESETS

Schema = dict[str, Any]

CAPACITY_LIMIT = 2147483647
HOURS_PATTERN = "^(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]$"
TIME_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})?$"
# Application Auto Scaling prefixes nothing, and Slipway "slipway-", of 256 characters.
NAME_CHARACTERS = 248
POLICY_NAME_PATTERN = "^[!-~](?:[ -~]*[!-~])?$"
# The pattern of the service model without its lookahead.
ACTION_NAME_PATTERN = r"^[^ \x00-\x1f\x7f-\x9f:/|](?:[^\x00-\x1f\x7f-\x9f:/|]*[^ \x00-\x1f\x7f-\x9f:/|])?$"

HOURS_MEMBERS: dict[str, Schema] = {
    "weekdays": {
        "description": "Hours from Monday to Friday, such as 07:00-20:00.",
        "type": "string",
        "pattern": HOURS_PATTERN,
        "examples": ["07:00-20:00"],
    },
    "weekends": {
        "description": "Hours on Saturday and Sunday, such as 09:00-18:00.",
        "type": "string",
        "pattern": HOURS_PATTERN,
        "examples": ["09:00-18:00"],
    },
    "timeZone": {
        "description": "IANA name of the time zone; its daylight saving time is followed.",
        "type": "string",
        "minLength": 1,
        "maxLength": 50,
        "examples": ["Europe/Berlin"],
    },
}


def _capacity(description: str, least: int, example: int) -> Schema:
    return {
        "description": description,
        "type": "integer",
        "minimum": least,
        "maximum": CAPACITY_LIMIT,
        "examples": [example],
    }


OFFICE_HOURS: Schema = {
    "title": "Office hours",
    "description": "Hours of the week with a higher minimum capacity; they become scheduled actions.",
    "type": "object",
    "properties": HOURS_MEMBERS | {"minCapacity": _capacity("Minimum capacity in these hours.", 1, 2)},
    "required": ["timeZone", "minCapacity"],
    "additionalProperties": False,
    "examples": [{"weekdays": "07:00-20:00", "timeZone": "Europe/Berlin", "minCapacity": 2}],
}

SCHEDULE: Schema = {
    "type": "object",
    "properties": HOURS_MEMBERS,
    "required": ["timeZone"],
    "additionalProperties": False,
}

SCHEDULED_ACTION: Schema = {
    "title": "Scheduled action",
    "description": "Sets the capacities at a time; they stay until another action or deployment sets them.",
    "type": "object",
    "properties": {
        "name": {
            "description": "a name without : / | and without spaces at its ends, at most 248 characters",
            "type": "string",
            "minLength": 1,
            "maxLength": NAME_CHARACTERS,
            "pattern": ACTION_NAME_PATTERN,
            "examples": ["morning"],
        },
        "schedule": {
            "description": (
                "cron(minutes hours day-of-month month day-of-week year) with names of days, rate(1 day), or "
                "at(2027-01-31T07:00:00)."
            ),
            "type": "string",
            "minLength": 1,
            "maxLength": 1600,
            "examples": ["cron(0 7 ? * MON-FRI *)"],
        },
        "timeZone": HOURS_MEMBERS["timeZone"]
        | {"description": "IANA name of the time zone of cron and at.", "default": "UTC"},
        "minCapacity": _capacity("Minimum capacity from then on.", 0, 3),
        "maxCapacity": _capacity("Maximum capacity from then on.", 0, 10),
        "startTime": {
            "description": "Time of the first run, ISO 8601; UTC unless it has an offset.",
            "type": "string",
            "pattern": TIME_PATTERN,
            "examples": ["2027-01-01T00:00:00Z"],
        },
        "endTime": {
            "description": "Time after which it no longer runs, ISO 8601; nothing is set back then.",
            "type": "string",
            "pattern": TIME_PATTERN,
            "examples": ["2027-12-31T00:00:00Z"],
        },
    },
    "required": ["name", "schedule"],
    "additionalProperties": False,
}

POLICY: Schema = {
    "title": "Policy",
    "description": "Target tracking, or steps with the alarm that triggers them.",
    "type": "object",
    "properties": {
        "name": {
            "description": "printable characters without spaces at the ends, at most 248",
            "type": "string",
            "minLength": 1,
            "maxLength": NAME_CHARACTERS,
            "pattern": POLICY_NAME_PATTERN,
            "examples": ["invocations"],
        },
        "targetTracking": {
            "$ref": "#/$defs/TargetTrackingScalingPolicyConfiguration",
            "description": (
                "Target tracking in Application Auto Scaling's form, with the defaults of "
                "targetTrackingScalingPolicyConfiguration."
            ),
        },
        "step": {
            "$ref": "#/$defs/StepScalingPolicyConfiguration",
            "description": "Steps in Application Auto Scaling's form. Requires alarm.",
        },
        "alarm": {
            "$ref": "#/$defs/ScalingAlarm",
            "description": (
                "The alarm that triggers the steps, in the form of CloudWatch's PutMetricAlarm. Slipway fills in the "
                "name and the action, and, unless they are given, the namespace and the dimensions of the variant or "
                "component."
            ),
        },
    },
    "required": ["name"],
    "additionalProperties": False,
}

AUTOSCALING: Schema = {
    "title": "Scaling",
    "description": "How a variant or an inference component scales.",
    "type": "object",
    "minProperties": 1,
    "properties": {
        "minCapacity": _capacity(
            "Minimum instances, copies or provisioned concurrency. Default: 1, and 0 with the preset to-zero. 0 is "
            "allowed on an asynchronous endpoint and for an inference component.",
            0,
            2,
        ),
        "maxCapacity": _capacity("Maximum instances, copies or provisioned concurrency. Required.", 1, 10),
        "preset": {
            "description": (
                "Policies for a common need; docs/scaling.md shows what each becomes. Not together with policies."
            ),
            "enum": list(PRESETS),
            "examples": ["bursty"],
        },
        "policies": {
            "description": (
                "Policies, at most 50; an empty list for none. Default: target tracking as in "
                "targetTrackingScalingPolicyConfiguration."
            ),
            "type": "array",
            "items": {"$ref": "#/$defs/ScalingPolicy"},
            "examples": [[{"name": "invocations", "targetTracking": {"TargetValue": 600}}]],
        },
        "scheduledActions": {
            "description": "Changes of the capacities at times, at most 200.",
            "type": "array",
            "items": {"$ref": "#/$defs/ScheduledAction"},
            "examples": [
                [
                    {
                        "name": "morning",
                        "schedule": "cron(0 7 ? * MON-FRI *)",
                        "timeZone": "Europe/Berlin",
                        "minCapacity": 3,
                        "maxCapacity": 10,
                    }
                ]
            ],
        },
        "officeHours": {
            "$ref": "#/$defs/OfficeHours",
            "description": "Hours of the week with a higher minimum. Required by the preset off-hours.",
        },
        "expectedPeakRps": {
            "description": "As the field expectedPeakRps: maximum requests per second of one instance or copy.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1000000000,
            "examples": [20],
        },
        "safetyFactor": {
            "description": "As the field safetyFactor: fraction of expectedPeakRps at which an instance is added.",
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1,
            "default": 0.5,
            "examples": [0.5],
        },
        "suspendedState": {
            "$ref": "#/$defs/SuspendedState",
            "description": (
                "Which scaling is suspended, in Application Auto Scaling's form. Without it, the registered state is "
                "preserved."
            ),
        },
    },
    "additionalProperties": False,
}

FIELD: Schema = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {"$ref": "#/$defs/Autoscaling"},
}

DEFINITIONS: dict[str, Schema] = {
    "Autoscaling": AUTOSCALING,
    "OfficeHours": OFFICE_HOURS,
    "ScalingPolicy": POLICY,
    "ScheduledAction": SCHEDULED_ACTION,
}

# Members of PutMetricAlarm in a request: the rest is Slipway's, or is for anomaly detection and queries in PromQL.
ALARM_MEMBERS: dict[str, Schema] = {
    "MetricName": {"description": "Name of the metric.", "examples": ["InvocationsPerInstance"]},
    "Namespace": {"description": "Namespace of the metric. Default: SageMaker's."},
    "Dimensions": {"description": "Dimensions of the metric. Default: those of the variant or component."},
    "Statistic": {"description": "Statistic of the metric.", "examples": ["Sum"]},
    "ExtendedStatistic": {"description": "Percentile of the metric instead of a statistic, such as p99."},
    "Unit": {"description": "Unit of the metric."},
    "Period": {"description": "Seconds of a period: 10, 20, 30 or a multiple of 60.", "examples": [60]},
    "EvaluationPeriods": {"description": "Number of periods.", "examples": [1]},
    "DatapointsToAlarm": {"description": "Number of periods that must breach. Default: all of them."},
    "Threshold": {"description": "The bounds of the steps are relative to it.", "examples": [960]},
    "ComparisonOperator": {
        "description": "Comparison with the threshold.",
        "enum": [
            "GreaterThanOrEqualToThreshold",
            "GreaterThanThreshold",
            "LessThanThreshold",
            "LessThanOrEqualToThreshold",
        ],
        "examples": ["GreaterThanThreshold"],
    },
    "TreatMissingData": {
        "description": "What missing data count as.",
        "enum": ["missing", "breaching", "notBreaching", "ignore"],
        "default": "missing",
    },
    "EvaluateLowSampleCountPercentile": {
        "description": "Whether a percentile of few data is evaluated.",
        "enum": ["evaluate", "ignore"],
    },
    "Metrics": {"description": "Metric math instead of one metric."},
}
ALARM_REQUIRED = ["EvaluationPeriods", "Threshold", "ComparisonOperator"]

# The fields of the request that scale, beside the definition of `autoscaling`.
FIELDS: dict[str, Schema] = {
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
}
