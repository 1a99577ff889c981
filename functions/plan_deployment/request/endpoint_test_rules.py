"""Rules on the tests of a request: what the schema cannot say, and what cannot be tested.

A rule gets the request with every value that violates the schema set to None (see `validation.sound`), and yields the
faults that it finds.
"""

import json
from collections.abc import Iterator

from jsonschema import Draft202012Validator, SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from plan_deployment.request.fields import COMPONENTS, SHADOW, components, production_variants, repeated_names
from shared.aws import Json
from shared.endpoint_tests import FIELD, body_bytes
from shared.planning.faults import Fault

ASYNC = "asyncInferenceConfig"
# Tests travel with the plan through every state (Step Functions quotas: 256 KiB of input and output).
MOST_BODY_BYTES = 128 * 1024
# sagemaker-runtime service model, AsyncBodyBlob.
MOST_ASYNC_BODY_BYTES = 128_000
# InvokeEndpointAsync has no such parameters (sagemaker-runtime service model).
NOT_ASYNC = ("targetModel", "targetContainerHostname", "variants")
NOT_OF_COMPONENTS = ("targetModel", "targetContainerHostname", "variants")
REFERENCES = ("$ref", "$dynamicRef")
HTTP_OK = 200


def _tests(request: Json) -> Iterator[tuple[str, Json]]:
    """Yield each test with its pointer."""
    for index, test in enumerate(request.get(FIELD) or []):
        if test is not None:
            yield f"/{FIELD}/{index}", test


def _expectations(request: Json) -> Iterator[tuple[str, Json]]:
    """Yield each test's expectations with their pointer."""
    for pointer, test in _tests(request):
        yield f"{pointer}/expect", test.get("expect") or {}


def names_are_unique(request: Json) -> Iterator[Fault]:
    yield from repeated_names(_tests(request), "name", "test")


def each_has_one_body(request: Json) -> Iterator[Fault]:
    for pointer, test in _tests(request):
        if ("body" in test) == ("bodyLocation" in test):
            problem = "has body and bodyLocation" if "body" in test else "has no body"
            yield Fault(pointer, problem, "Give one of body and bodyLocation")


def bodies_fit_into_the_plan(request: Json) -> Iterator[Fault]:
    sizes = {f"{pointer}/body": len(body_bytes(test["body"])) for pointer, test in _tests(request) if "body" in test}
    remedy = "Upload the largest one to S3, and give its bodyLocation"
    if sum(sizes.values()) > MOST_BODY_BYTES:
        problem = f"the bodies of all tests have {sum(sizes.values())} bytes, more than {MOST_BODY_BYTES}"
        yield Fault(f"/{FIELD}", problem, remedy)
    if request.get(ASYNC) is None:
        return
    for pointer, size in sizes.items():
        if size > MOST_ASYNC_BODY_BYTES:
            problem = f"has {size} bytes; an asynchronous endpoint takes at most {MOST_ASYNC_BODY_BYTES} in a request"
            yield Fault(pointer, problem, remedy)


def variants_can_be_tested(request: Json) -> Iterator[Fault]:
    known = [variant.get("VariantName") for _, variant in production_variants(request)]
    shadows = [variant.get("VariantName") for variant in request.get(SHADOW) or [] if variant]
    for pointer, test in _tests(request):
        for index, name in enumerate(test.get("variants") or []):
            where = f"{pointer}/variants/{index}"
            if name in shadows:
                yield Fault(where, "is a shadow variant, whose answers SageMaker discards", "Remove it")
            elif name is not None and name not in known:
                listed = ", ".join(str(each) for each in known if each)
                yield Fault(where, f'no production variant is named "{name}"', f"Name one of these: {listed}")


def components_can_be_tested(request: Json) -> Iterator[Fault]:
    known = {str(component.get("name")).lower(): component.get("name") for _, component in components(request)}
    for pointer, test in _tests(request):
        if COMPONENTS not in request:
            if COMPONENTS in test:
                problem = "the endpoint hosts no inference components"
                yield Fault(f"{pointer}/{COMPONENTS}", problem, "Give variants in place of it")
            continue
        for field in NOT_OF_COMPONENTS:
            if field in test:
                problem = "a test of an inference component has no other target"
                yield Fault(f"{pointer}/{field}", problem, f"Give {COMPONENTS} in place of it")
        for index, name in enumerate(test.get(COMPONENTS) or []):
            if name is not None and name.lower() not in known:
                problem = f'"{name}" is not an inference component of the request'
                remedy = f"Name one of these: {', '.join(str(each) for each in known.values() if each)}"
                yield Fault(f"{pointer}/{COMPONENTS}/{index}", problem, remedy)


def schemas_are_valid(request: Json) -> Iterator[Fault]:
    for pointer, expect in _expectations(request):
        schema = expect.get("schema")
        if schema is None:
            continue
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            problem = f"is not a JSON Schema of 2020-12: wrong at {error.json_path}"
            yield Fault(f"{pointer}/schema", problem, "Correct it")
            continue
        for reference in _unresolvable(schema):
            problem = f"refers to {json.dumps(reference[:60])}, which is not in it"
            yield Fault(f"{pointer}/schema", problem, "Put the definition into $defs of this schema")


def _unresolvable(schema: Json) -> Iterator[str]:
    """Yield the references that lead out of the schema: nothing is read from elsewhere."""
    resolver = Registry().with_resource("", DRAFT202012.create_resource(schema)).resolver()
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            yield reference


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (schema[name] for name in REFERENCES if isinstance(schema.get(name), str))
    values = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for value in values:
        yield from _references(value)


def asynchronous_tests_go_through_s3(request: Json) -> Iterator[Fault]:
    config = request.get(ASYNC)
    if config is None:
        return
    for pointer, test in _tests(request):
        for field in NOT_ASYNC:
            if field in test:
                yield Fault(f"{pointer}/{field}", "an asynchronous request has no target", "Remove it")
    for pointer, expect in _expectations(request):
        if expect.get("status") not in (None, HTTP_OK):
            problem = "the status of an asynchronous answer is not known, only whether there is an answer"
            yield Fault(f"{pointer}/status", problem, "Remove it")
        if "latencyMilliseconds" in expect:
            problem = "an asynchronous request waits in a queue"
            yield Fault(f"{pointer}/latencyMilliseconds", problem, "Remove it")
    if any(_tests(request)) and not (config.get("OutputConfig") or {}).get("S3OutputPath"):
        problem = "is missing, and the tests read the answers there"
        yield Fault(f"/{ASYNC}/OutputConfig/S3OutputPath", problem, "Give an S3 URI in a bucket of ArtifactBuckets")


RULES = (
    names_are_unique,
    each_has_one_body,
    bodies_fit_into_the_plan,
    variants_can_be_tested,
    components_can_be_tested,
    schemas_are_valid,
    asynchronous_tests_go_through_s3,
)


def warnings(request: Json) -> Iterator[str]:
    """Yield a warning about a valid request whose failed tests are noticed late."""
    if request.get(FIELD) and ASYNC in request and "S3FailurePath" not in request[ASYNC]["OutputConfig"]:
        yield (
            f"/{ASYNC}/OutputConfig has no S3FailurePath: SageMaker stores no failure, so a test that gets none waits "
            "until the deadline."
        )
