"""Generated values that the request's JSON Schema accepts, from the schema itself."""

from typing import Any

from hypothesis import strategies as st

from plan_deployment.request.instance_rules import KNOWN_TYPES, has_local_storage, is_burstable
from plan_deployment.request.schema import SCHEMA

ENDPOINT_NAMES = st.from_regex(SCHEMA["$defs"]["EndpointName"]["pattern"], fullmatch=True).filter(
    lambda n: len(n) <= 63
)
LONGEST_LIST = 3
ANY_NUMBER = 10**6
TEXT = {"type": "string", "maxLength": 10}
ANY_VALUE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


def accepted(schema: dict[str, Any], name: str = "") -> st.SearchStrategy[Any]:
    """Values that the schema accepts; lists and maps are short."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] | {k: v for k, v in schema.items() if k != "$ref"}
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "type" not in schema:
        return ANY_VALUE
    if isinstance(schema["type"], list):  # a list or an enum
        if "then" in schema:
            return accepted(schema | {"type": "array"}) | accepted(schema["then"])
        return st.one_of([accepted(schema | {"type": each}) for each in schema["type"]])
    return {
        "string": _strings,
        "integer": _integers,
        "number": _numbers,
        "boolean": lambda _: st.booleans(),
        "array": _arrays,
        "object": _objects,
    }[schema["type"]](schema)


def requests() -> st.SearchStrategy[dict[str, Any]]:
    """Whole requests of a new deployment, which may violate the rules across fields."""
    properties = {name: member for name, member in SCHEMA["properties"].items() if not name.startswith("rollback")}
    return _objects({"properties": properties, "required": [*SCHEMA["required"], *SCHEMA["else"]["required"]]})


def _strings(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    low, high = schema.get("minLength", 0), schema.get("maxLength", 300)
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True).filter(lambda text: low <= len(text) <= high)
    return st.text(min_size=low, max_size=min(high, 20))


def _integers(schema: dict[str, Any]) -> st.SearchStrategy[int]:
    step = schema.get("multipleOf", 1)
    low, high = schema.get("minimum", 0), schema.get("maximum", ANY_NUMBER)
    return st.integers(-(-low // step), high // step).map(lambda n: n * step)


def _numbers(schema: dict[str, Any]) -> st.SearchStrategy[float]:
    low = schema.get("exclusiveMinimum", schema.get("minimum", 0))
    return st.floats(
        low,
        schema.get("maximum", ANY_NUMBER),
        exclude_min="exclusiveMinimum" in schema,
        allow_nan=False,
        allow_subnormal=False,
    )


def _arrays(schema: dict[str, Any]) -> st.SearchStrategy[list[Any]]:
    if "prefixItems" in schema:
        return st.tuples(*map(accepted, schema["prefixItems"])).map(list)
    low = schema.get("minItems", 0)
    high = min(schema.get("maxItems", LONGEST_LIST), max(low, LONGEST_LIST))
    return st.lists(accepted(schema["items"]), min_size=low, max_size=high)


def _objects(schema: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        keys, values = accepted(schema.get("propertyNames", TEXT)), accepted(schema.get("additionalProperties", {}))
        return st.dictionaries(keys, values, min_size=schema.get("minProperties", 0), max_size=LONGEST_LIST)
    members = {name: st.deferred(lambda m=member: accepted(m)) for name, member in schema["properties"].items()}
    required = {name: members.pop(name) for name in schema.get("required", [])}
    low = schema.get("minProperties", 0)
    return st.fixed_dictionaries(required, optional=members).filter(lambda found: len(found) >= low)


@st.composite
def deployable(draw: st.DrawFn) -> dict[str, Any]:
    """Requests that also follow the rules across fields."""
    variant = SCHEMA["$defs"]["ProductionVariant"]["properties"]
    names = draw(st.lists(accepted(variant["VariantName"]), min_size=1, max_size=3, unique=True))
    serverless = len(names) == 1 and draw(st.booleans())
    burstable = not serverless and draw(st.booleans())
    local_storage = not serverless and not burstable and draw(st.booleans())
    types = [
        name
        for name in sorted(KNOWN_TYPES)
        if (is_burstable(name), has_local_storage(name)) == (burstable, local_storage)
    ]
    compute = {"InstanceType": st.sampled_from(types), "InitialInstanceCount": st.integers(1, 20)}
    if serverless:
        config = {"MemorySizeInMB": 2048, "MaxConcurrency": 20, "ProvisionedConcurrency": 2}
        compute = {"ServerlessConfig": st.just(config)}
    optional = ["InitialVariantWeight", "AcceleratorType"]
    optional += [] if serverless else ["RoutingConfig"]
    optional += [] if serverless or local_storage else ["VolumeSizeInGB"]
    variants = st.fixed_dictionaries(
        {"ModelName": accepted(variant["ModelName"]), **compute},
        optional={name: accepted(variant[name]) for name in optional},
    )
    fields = ["deadlineSeconds", "onFailure", "explainerConfig", "metricsConfig"]
    fields += [] if local_storage else ["kmsKeyId"]
    scaling = st.fixed_dictionaries(
        {"autoscalingMinCapacity": st.integers(1, 5), "autoscalingMaxCapacity": st.integers(5, 20)},
        optional={"expectedPeakRps": st.floats(0.1, 1000)} if not serverless else {},
    )
    return {
        "endpointName": draw(ENDPOINT_NAMES),
        "productionVariants": [draw(variants) | {"VariantName": name} for name in names],
        **draw(st.fixed_dictionaries({}, optional={name: accepted(SCHEMA["properties"][name]) for name in fields})),
        **(draw(scaling) if not burstable and draw(st.booleans()) else {}),
    }
