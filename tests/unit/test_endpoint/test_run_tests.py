from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.errors import DeadlineExceeded, RequestRefused, ServiceUnavailable, VerificationFailed
from shared.plan import DeploymentPlan
from shared.time_budget import UNLIMITED, Budget
from test_endpoint.logic import Clients, Progress, run_tests
from tests.support.plans import ENDPOINT, deployment_plan
from tests.unit.fakes import client_error
from tests.unit.test_endpoint.fakes import FAILURE, OUTPUT, FakeBucket, FakeRuntime, model_error

NOW, SOON = "2026-11-21T05:20:00.000Z", "2026-11-21T05:20:30.000Z"
AFTER_TEN_MINUTES, AFTER_DEADLINE = "2026-11-21T05:30:00.000Z", "2026-11-21T06:13:00.000Z"
NOTHING_YET: Progress = {"done": False, "waitSeconds": 1, "results": [], "pending": None}
NOT_READY = client_error("ModelNotReadyException", "Model is loading", "InvokeEndpoint", 429)
NO_CAPACITY = client_error(
    "ValidationError", "Inference Component has no capacity to process this request.", "InvokeEndpoint"
)
THROTTLED = client_error("ThrottlingException", "Rate exceeded", "InvokeEndpoint")
THROTTLED_MUTELY = client_error("400", "", "InvokeEndpoint")


def plan(*tests: dict[str, Any], variants: tuple[str, ...] = ("A",)) -> DeploymentPlan:
    given = [{"name": "golden", "body": {"x": 1}} | test for test in tests or ({},)]
    planned = [{"name": test["name"], "variants": list(variants)} for test in given]
    return deployment_plan(request={"endpointName": ENDPOINT, "test": given}, tests=planned)


class World:
    """An endpoint and its bucket."""

    def __init__(self, *answers: str | ClientError, **objects: str) -> None:
        self.runtime, self.s3 = FakeRuntime(*answers), FakeBucket()

    def run(self, the_plan: DeploymentPlan, previous: Progress = NOTHING_YET, now: str = NOW, **more: Any) -> Progress:
        return run_tests(the_plan, previous, now, Clients(self.runtime, self.s3), more.get("budget", UNLIMITED))

    def sent(self) -> list[dict[str, Any]]:
        return [parameters for operation, parameters in self.runtime.calls]


def test_every_test_is_sent_to_every_variant_in_order() -> None:
    world = World()

    tested = world.run(plan({"name": "one"}, {"name": "two"}, variants=("A", "B")))

    assert tested["done"] is True
    assert [(each["name"], each["variant"], each["status"]) for each in tested["results"]] == [
        ("one", "A", 200),
        ("one", "B", 200),
        ("two", "A", 200),
        ("two", "B", 200),
    ]
    assert [each["TargetVariant"] for each in world.sent()] == ["A", "B", "A", "B"]
    assert all(isinstance(each["latencyMilliseconds"], int) for each in tested["results"])


def test_a_request_has_its_types_targets_and_body() -> None:
    world = World()
    targets = {"targetModel": "m.tar.gz", "targetContainerHostname": "second"}

    world.run(
        plan({"body": "5.1,3.5", "contentType": "text/csv", "accept": "application/json", **targets}, {"name": "two"})
    )

    first, second = world.sent()
    assert first == {
        "EndpointName": ENDPOINT,
        "TargetVariant": "A",
        "Body": b"5.1,3.5",
        "ContentType": "text/csv",
        "Accept": "application/json",
        "TargetModel": "m.tar.gz",
        "TargetContainerHostname": "second",
    }
    assert (second["Body"], second["ContentType"]) == (b'{"x": 1}', "application/json")
    assert "Accept" not in second


def test_a_body_in_s3_is_read_there() -> None:
    world, test = World(), {"name": "golden", "bodyLocation": "s3://artifacts/golden/rows.csv"}
    world.s3.objects["s3://artifacts/golden/rows.csv"] = "1,2"
    the_plan = deployment_plan(request={"test": [test]}, tests=[{"name": "golden", "variants": ["A"]}])

    world.run(the_plan)

    assert world.sent()[0]["Body"] == b"1,2"
    world.s3.objects.clear()
    with pytest.raises(VerificationFailed, match=r"^Test golden cannot be sent: its body s3://\S+ does not exist\.$"):
        world.run(the_plan)
    world.s3.objects["s3://artifacts/golden/rows.csv"] = "1" * (6 * 1024 * 1024 + 1)
    with pytest.raises(VerificationFailed, match="has 6291457 bytes, and a real-time request has at most 6291456"):
        world.run(the_plan)


def test_a_test_of_an_inference_component_names_it_in_place_of_a_variant() -> None:
    world = World()
    planned: Any = [{"name": "golden", "variants": [], "components": ["llm", "fr"]}]

    tested = world.run(plan() | {"tests": planned})

    assert [(each["InferenceComponentName"], "TargetVariant" in each) for each in world.sent()] == [
        ("llm", False),
        ("fr", False),
    ]
    assert [(each["variant"], each["component"]) for each in tested["results"]] == [(None, "llm"), (None, "fr")]


def test_a_component_without_copies_is_asked_again_because_the_request_makes_scaling_add_one() -> None:
    planned: Any = [{"name": "golden", "variants": [], "components": ["llm"]}]
    the_plan = plan() | {"tests": planned}

    tested = World(NO_CAPACITY).run(the_plan)

    assert (tested["done"], tested["results"]) == (False, [])
    with pytest.raises(VerificationFailed, match=r"^Test golden of component llm has no answer after 10 min: "):
        World(NO_CAPACITY).run(the_plan, tested, now=AFTER_TEN_MINUTES)


def test_a_failed_test_names_test_variant_latency_and_every_expectation_that_does_not_hold() -> None:
    test = {"expect": {"equals": {"/a": "setosa"}, "within": {"/b": [1.0, 0.05]}}}

    with pytest.raises(VerificationFailed) as raised:
        World('{"a": "virginica", "b": 0.5}').run(plan(test, variants=("Champion",)))

    first, *rest = str(raised.value).splitlines()
    assert first.startswith("Test golden of variant Champion failed after ")
    assert first.endswith(" ms:")
    assert rest == ['/a: expected "setosa", got "virginica"', "/b: expected 1.0 ± 0.05, got 0.5"]


def test_a_failure_with_many_findings_is_shortened() -> None:
    pointers = {f"/{number}": number for number in range(13)}

    with pytest.raises(VerificationFailed) as raised:
        World().run(plan({"expect": {"equals": pointers}}))

    assert len(str(raised.value).splitlines()) == 12
    assert str(raised.value).endswith("\nand 3 more")


def test_an_error_of_the_container_has_the_containers_status() -> None:
    world = World(model_error(400, "no such column"))

    with pytest.raises(VerificationFailed, match=r'status: expected 200, got 400 "no such column"$'):
        world.run(plan())

    tested = world.run(plan({"expect": {"status": 400, "equals": {"": "no such column"}}}))
    assert tested["results"][0]["status"] == 400


def test_the_first_request_is_not_measured_if_the_latency_is_judged() -> None:
    world = World("{", '{"ok": true}')

    tested = world.run(plan({"expect": {"latencyMilliseconds": 60000}}))

    assert tested["done"] is True
    assert len(world.sent()) == 2


def test_a_function_that_runs_out_of_time_continues_in_the_next_call() -> None:
    world, the_plan = World(), plan({"name": "one"}, {"name": "two"})

    first = world.run(the_plan, budget=Budget(lambda: 30_000))
    second = world.run(the_plan, first, SOON, budget=Budget(lambda: 30_000))

    assert (first["done"], first["waitSeconds"], [each["name"] for each in first["results"]]) == (False, 1, ["one"])
    assert (second["done"], [each["name"] for each in second["results"]]) == (True, ["one", "two"])
    assert len(world.sent()) == 2


def test_a_slow_first_request_leaves_the_measured_one_to_the_next_call() -> None:
    world, the_plan = World(), plan({"expect": {"latencyMilliseconds": 60000}})

    first = world.run(the_plan, budget=Budget(lambda: 30_000))
    second = world.run(the_plan, first, SOON, budget=Budget(lambda: 30_000))

    assert (first["done"], first["waitSeconds"], first["pending"]) == (False, 1, {"since": NOW, "isWarm": True})
    assert second["done"] is True
    assert len(world.sent()) == 2


@pytest.mark.parametrize("error", [NOT_READY, THROTTLED, THROTTLED_MUTELY])
def test_an_endpoint_that_is_not_ready_is_asked_again_later(error: ClientError) -> None:
    world = World(error, '{"ok": true}')

    first = world.run(plan())
    second = world.run(plan(), first, SOON)

    assert (first["done"], first["waitSeconds"], first["pending"]) == (False, 5, {"since": NOW, "isWarm": False})
    assert second["done"] is True


@pytest.mark.parametrize(
    ("error", "meaning", "text"),
    [
        (NOT_READY, VerificationFailed, "InvokeEndpoint: ModelNotReadyException: Model is loading"),
        (THROTTLED, ServiceUnavailable, "InvokeEndpoint: ThrottlingException: Rate exceeded"),
    ],
)
def test_an_endpoint_that_is_not_ready_for_ten_minutes_fails_the_test(error: Any, meaning: Any, text: str) -> None:
    world = World(error)
    waiting = world.run(plan(), world.run(plan()), SOON)

    with pytest.raises(meaning, match=f"^Test golden of variant A has no answer after 10 min: {text}$"):
        world.run(plan(), waiting, AFTER_TEN_MINUTES)


@pytest.mark.parametrize(("now", "seconds"), [(NOW, 5), (SOON, 6), ("2026-11-21T05:29:00.000Z", 60)])
def test_the_interval_grows_with_the_time_waited(now: str, seconds: int) -> None:
    world = World(NOT_READY)

    assert world.run(plan(), world.run(plan()), now)["waitSeconds"] == seconds


def test_a_request_that_sagemaker_refuses_is_reported_with_its_words() -> None:
    world = World(client_error("ValidationError", "Endpoint e of account 1 not found.", "InvokeEndpoint"))

    with pytest.raises(RequestRefused, match=r"^InvokeEndpoint: ValidationError: Endpoint e of account 1 not found\.$"):
        world.run(plan())


def test_an_unknown_error_of_sagemaker_stays_as_it_is() -> None:
    with pytest.raises(ClientError, match="InternalFailure"):
        World(client_error("InternalFailure", "no", "InvokeEndpoint", 500)).run(plan())


def test_the_first_call_runs_tests_even_at_the_deadline() -> None:
    assert World().run(plan(), now=AFTER_DEADLINE)["done"] is True


def test_tests_that_are_not_done_at_the_deadline_fail_the_deployment() -> None:
    world = World(NOT_READY)
    waiting = world.run(plan())
    half = world.run(plan({"name": "one"}, {"name": "two"}))

    with pytest.raises(
        DeadlineExceeded, match=r"^Test golden of variant A has no answer after 53 min\. The deadline was"
    ):
        world.run(plan(), waiting, AFTER_DEADLINE)
    done: Any = {"name": "one", "variant": "A", "status": 200, "latencyMilliseconds": 1}
    with pytest.raises(
        DeadlineExceeded, match=r"^Test two of variant A was not run\. The deadline was 2026-11-21T06:12"
    ):
        world.run(plan({"name": "one"}, {"name": "two"}), {**half, "results": [done], "pending": None}, AFTER_DEADLINE)


def test_an_asynchronous_answer_is_read_in_s3() -> None:
    world, the_plan = World(), plan({"expect": {"equals": {"/ok": True}}}, variants=())

    sent = world.run(the_plan)
    waiting = world.run(the_plan, sent, SOON)
    world.s3.objects[OUTPUT] = '{"ok": true}'
    tested = world.run(the_plan, waiting, SOON)

    assert [each["waitSeconds"] for each in (sent, waiting)] == [5, 6]
    assert world.runtime.calls == [
        (
            "InvokeEndpointAsync",
            {"EndpointName": ENDPOINT, "Body": b'{"x": 1}', "ContentType": "application/json"},
        )
    ]
    assert (tested["done"], tested["results"]) == (
        True,
        [{"name": "golden", "variant": None, "status": 200, "latencyMilliseconds": None}],
    )


def test_sagemaker_reads_the_body_of_an_asynchronous_request_in_s3_itself() -> None:
    world = World()
    test = {"name": "golden", "bodyLocation": "s3://artifacts/rows.csv", "contentType": "text/csv"}

    world.run(deployment_plan(request={"test": [test]}, tests=[{"name": "golden", "variants": []}]))

    assert world.sent()[0]["InputLocation"] == "s3://artifacts/rows.csv"
    assert "Body" not in world.sent()[0]


def test_a_stored_failure_fails_the_test_with_the_beginning_of_its_text() -> None:
    world, the_plan = World(), plan(variants=())
    sent = world.run(the_plan)
    world.s3.objects[FAILURE] = "Received server error (500) from model. " + "x" * 1000

    with pytest.raises(VerificationFailed) as raised:
        world.run(the_plan, sent, SOON)

    first, second = str(raised.value).splitlines()
    assert first == "Test golden failed:"
    assert second.startswith('answer: expected an answer, got a failure: "Received server error (500) from model. xxx')
    assert len(second) < 300


def test_a_refused_asynchronous_answer_is_compared_like_any_other() -> None:
    world, the_plan = World(), plan({"expect": {"equals": {"/ok": False}}}, variants=())
    sent = world.run(the_plan)
    world.s3.objects[OUTPUT] = '{"ok": true}'

    with pytest.raises(VerificationFailed, match=r"^Test golden failed:\n/ok: expected false, got true$"):
        world.run(the_plan, sent, SOON)


def test_an_unreadable_bucket_is_reported_as_it_is() -> None:
    world, the_plan = World(), plan(variants=())
    sent = world.run(the_plan)
    world.s3.errors["GetObject"] = client_error("AccessDenied", "Access Denied", "GetObject", 403)

    with pytest.raises(ClientError, match="AccessDenied"):
        world.run(the_plan, sent, SOON)
