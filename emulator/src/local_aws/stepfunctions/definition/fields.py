"""Valid fields of a state, by type and query language."""

from __future__ import annotations

LANGUAGES = ("JSONPath", "JSONata")
LONGEST_SECONDS = 99_999_999

_FLOW = "Next End"
_HANDLED = "Retry Catch"
_ANY = "Type Comment QueryLanguage"
_IN_OUT = "InputPath OutputPath"
_RESULT = "ResultSelector ResultPath"


def _fields(*names: str) -> frozenset[str]:
    return frozenset(" ".join((_ANY, *names)).split())


STATES: dict[str, dict[str, frozenset[str]]] = {
    "JSONata": {
        "Pass": _fields("Assign Output", _FLOW),
        "Task": _fields(
            "Resource Arguments Assign Output Credentials TimeoutSeconds HeartbeatSeconds", _FLOW, _HANDLED
        ),
        "Choice": _fields("Choices Default Assign Output"),
        "Wait": _fields("Seconds Timestamp Assign Output", _FLOW),
        "Succeed": _fields("Output"),
        "Fail": _fields("Error Cause"),
        "Parallel": _fields("Branches Arguments Assign Output", _FLOW, _HANDLED),
        "Map": _fields("Items ItemSelector ItemProcessor Iterator MaxConcurrency Assign Output", _FLOW, _HANDLED),
    },
    "JSONPath": {
        "Pass": _fields(_IN_OUT, "Parameters Result ResultPath Assign", _FLOW),
        "Task": _fields(
            _IN_OUT,
            _RESULT,
            "Resource Parameters Assign Credentials",
            "TimeoutSeconds TimeoutSecondsPath HeartbeatSeconds HeartbeatSecondsPath",
            _FLOW,
            _HANDLED,
        ),
        "Choice": _fields(_IN_OUT, "Choices Default Assign"),
        "Wait": _fields(_IN_OUT, "Seconds Timestamp SecondsPath TimestampPath Assign", _FLOW),
        "Succeed": _fields(_IN_OUT),
        "Fail": _fields("Error Cause ErrorPath CausePath"),
        "Parallel": _fields(_IN_OUT, _RESULT, "Branches Parameters Assign", _FLOW, _HANDLED),
        "Map": _fields(
            _IN_OUT,
            _RESULT,
            "ItemsPath ItemSelector Parameters ItemProcessor Iterator MaxConcurrency MaxConcurrencyPath Assign",
            _FLOW,
            _HANDLED,
        ),
    },
}
KINDS = tuple(STATES["JSONata"])
# A field of the other language has a problem of its own.
ONLY_IN = {
    "JSONata": frozenset(["Arguments", "Items", "Output"]),
    "JSONPath": frozenset(
        (
            f"{_IN_OUT} {_RESULT} ItemsPath MaxConcurrencyPath Parameters Result SecondsPath TimestampPath "
            "TimeoutSecondsPath HeartbeatSecondsPath ErrorPath CausePath"
        ).split()
    ),
}
# Fields of a distributed Map, which is not modelled.
DISTRIBUTED = frozenset(
    [
        "ItemBatcher",
        "ItemReader",
        "Label",
        "ResultWriter",
        "ToleratedFailureCount",
        "ToleratedFailurePercentage",
        "ToleratedFailureCountPath",
        "ToleratedFailurePercentagePath",
    ]
)

_INNER = ("Comment", "StartAt", "States")
MACHINE = frozenset([*_INNER, "QueryLanguage", "TimeoutSeconds", "Version"])
BRANCH = frozenset(_INNER)
PROCESSOR = frozenset([*_INNER, "ProcessorConfig"])
RETRIER = frozenset(
    ["ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment"]
)
CATCHER = {
    "JSONata": frozenset(["ErrorEquals", "Next", "Assign", "Output", "Comment"]),
    "JSONPath": frozenset(["ErrorEquals", "Next", "Assign", "ResultPath", "Comment"]),
}
RULE = frozenset(["Condition", "Next", "Assign", "Output", "Comment"])

ENDS_BY_ITSELF = ("Choice", "Succeed", "Fail")
WITH_RESULT = ("Map", "Parallel", "Task")
REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "Task": (("Resource",),),
    "Choice": (("Choices",),),
    "Parallel": (("Branches",),),
    "Map": (("ItemProcessor", "Iterator"),),
}
# Bounds of numbers, which can be expressions in JSONata.
NUMBERS: dict[str, tuple[int, int | None]] = {
    "HeartbeatSeconds": (1, LONGEST_SECONDS),
    "MaxConcurrency": (0, None),
    "Seconds": (0, LONGEST_SECONDS),
    "TimeoutSeconds": (1, LONGEST_SECONDS),
}
RETRIER_NUMBERS: dict[str, tuple[int, int]] = {
    "IntervalSeconds": (1, LONGEST_SECONDS),
    "MaxAttempts": (0, LONGEST_SECONDS),
    "MaxDelaySeconds": (1, 31_622_400),
}
TYPES = {
    "Branches": "ARRAY",
    "Catch": "ARRAY",
    "Cause": "STRING",
    "Choices": "ARRAY",
    "Comment": "STRING",
    "Default": "STRING",
    "End": "BOOLEAN",
    "Error": "STRING",
    "ItemProcessor": "OBJECT",
    "Iterator": "OBJECT",
    "Next": "STRING",
    "Resource": "STRING",
    "Retry": "ARRAY",
}
# Fields whose strings can be expressions, in a state, a catcher or a choice rule.
EXPRESSIONS = frozenset(
    [
        "Arguments",
        "Assign",
        "Cause",
        "Condition",
        "Credentials",
        "Error",
        "HeartbeatSeconds",
        "Items",
        "ItemSelector",
        "MaxConcurrency",
        "Output",
        "Seconds",
        "TimeoutSeconds",
        "Timestamp",
    ]
)
# Payload templates and paths of JSONPath.
TEMPLATES = frozenset(["Assign", "ItemSelector", "Parameters", "ResultSelector"])
PATHS = ("InputPath", "OutputPath", "ResultPath", "ItemsPath", "MaxConcurrencyPath", "SecondsPath", "TimestampPath")
PATHS_OF_TASKS = ("TimeoutSecondsPath", "HeartbeatSecondsPath", "ErrorPath", "CausePath")
EITHER_OR = ("Cause", "Error", "HeartbeatSeconds", "MaxConcurrency", "TimeoutSeconds")
WAITS = ("Seconds", "Timestamp", "SecondsPath", "TimestampPath")
