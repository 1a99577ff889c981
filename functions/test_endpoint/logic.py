"""Runs the tests of a plan one after the other, and fails with the first answer that is not as expected.

The state "Test endpoint" calls the function until it is done: between the calls it waits for an asynchronous answer, or
for an endpoint that loads its model.
"""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

from shared.aws import Client, Json
from shared.endpoint_tests import FIELD, PassedTest, PlannedTest
from shared.errors import DeadlineExceeded, VerificationFailed
from shared.moments import duration_text, seconds_between
from shared.plan import DeploymentPlan
from shared.time_budget import Budget
from test_endpoint import invocations
from test_endpoint.answers import Answer
from test_endpoint.expectations import Unmet, shown, unmet
from test_endpoint.invocations import AnswerFailedError, NotReadyError, Queued

# SageMaker ends a real-time invocation after 60 s (SageMaker developer guide, your-algorithms-inference-code).
CALL_SECONDS = 65
# A multi-model endpoint loads a model for at most 360 s (SageMaker developer guide, invoke-multi-model-endpoint).
PATIENCE_SECONDS = 600
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, WAIT_SHARE = 5, 60, 0.2
MOST_SHOWN = 10


class Pending(TypedDict):
    """What is known about the test that has no result yet.

    Attributes
    ----------
    since : str
        When it was first sent; ISO 8601.
    isWarm : bool
        Whether the variant has answered a request that is not measured.
    queued : Queued
        The asynchronous request.
    """

    since: str
    isWarm: bool
    queued: NotRequired[Queued]


class Progress(TypedDict):
    """Result of the state.

    Attributes
    ----------
    waitSeconds : int
        Seconds until the next call, at least 1.
    results : list of PassedTest
        Of the tests that passed, over all calls.
    """

    done: bool
    waitSeconds: int
    results: list[PassedTest]
    pending: Pending | None


@dataclass(frozen=True)
class Clients:
    """Clients that send the requests, and read bodies and asynchronous answers."""

    runtime: Client
    s3: Client


@dataclass(frozen=True)
class Trial:
    """A test for one variant or inference component.

    Attributes
    ----------
    test : Json
        The request's.
    variant : str or None
        None on an asynchronous endpoint, and on one that hosts inference components.
    component : str or None
        None on any other endpoint.
    """

    test: Json
    variant: str | None = None
    component: str | None = None

    @property
    def target(self) -> Json:
        """The member of InvokeEndpoint with the variant or component; empty on an asynchronous endpoint."""
        if self.component:
            return {"InferenceComponentName": self.component}
        return {"TargetVariant": self.variant} if self.variant else {}

    @property
    def expect(self) -> Json:
        """The expectations."""
        expect: Json = self.test.get("expect", {})
        return expect

    @property
    def is_measured(self) -> bool:
        """Whether the latency of the answer is judged."""
        return "latencyMilliseconds" in self.expect

    def __str__(self) -> str:
        of_target = f" of component {self.component}" if self.component else ""
        return f"Test {self.test['name']}" + (f" of variant {self.variant}" if self.variant else of_target)


@dataclass(frozen=True)
class Later:
    """No answer yet: the next call continues, after so many seconds."""

    wait_seconds: int
    pending: Pending


def run_tests(plan: DeploymentPlan, previous: Progress, now: str, clients: Clients, budget: Budget) -> Progress:
    """Run the tests that have no result yet, as many as there is time for.

    Parameters
    ----------
    previous : Progress
        The last answer.
    now : str
        The time, ISO 8601.

    Raises
    ------
    VerificationFailed
        If an answer is not as expected, or the model is not ready for `PATIENCE_SECONDS`.
    DeadlineExceeded
        If there is more to do at the plan's deadline. The first call always runs tests.
    RequestRefused, AccessDenied
        If SageMaker or S3 refuses a request.
    ServiceUnavailable
        If the endpoint throttles for `PATIENCE_SECONDS`.
    """
    results = list(previous["results"])
    trials = _trials(plan)[len(results) :]
    _require_time(plan, trials[0], previous, now)
    for number, trial in enumerate(trials):
        pending = (previous["pending"] if number == 0 else None) or Pending(since=now, isWarm=False)
        if number and not budget.allows(CALL_SECONDS):
            return Progress(done=False, waitSeconds=1, results=results, pending=None)
        answer = _answer(trial, plan["endpointName"], {**pending}, now, clients, budget)
        if isinstance(answer, Later):
            return Progress(done=False, waitSeconds=answer.wait_seconds, results=results, pending=answer.pending)
        if failed := unmet(answer, trial.expect):
            raise _failure(trial, answer.latency_milliseconds, failed)
        results.append(_result(trial, answer))
    return Progress(done=True, waitSeconds=1, results=results, pending=None)


def _trials(plan: DeploymentPlan) -> list[Trial]:
    tests = {test["name"]: test for test in plan["request"].get(FIELD, [])}
    return [trial for each in plan["tests"] for trial in _trials_of(each, tests[each["name"]])]


def _trials_of(planned: PlannedTest, test: Json) -> list[Trial]:
    of_components = [Trial(test, component=name) for name in planned.get("components", [])]
    return of_components or [Trial(test, name) for name in planned["variants"]] or [Trial(test)]


def _require_time(plan: DeploymentPlan, trial: Trial, previous: Progress, now: str) -> None:
    pending = previous["pending"]
    is_first_call = not previous["results"] and pending is None
    if is_first_call or seconds_between(now, plan["deadlineAt"]) > 0:
        return
    state = f"has no answer after {duration_text(seconds_between(pending['since'], now))}" if pending else "was not run"
    raise DeadlineExceeded(f"{trial} {state}. The deadline was {plan['deadlineAt']}.")


def _answer(
    trial: Trial, endpoint_name: str, pending: Pending, now: str, clients: Clients, budget: Budget
) -> Answer | Later:
    """Return the answer to the trial, if there is one now; an endpoint that is not ready is asked again later."""
    later = Later(_wait_seconds(pending["since"], now), pending)
    try:
        if not trial.target:
            return _asynchronous(trial.test, endpoint_name, pending, clients) or later
        body = invocations.body_of(trial.test, clients.s3)
        if trial.is_measured and not pending["isWarm"]:
            invocations.invoke(trial.test, trial.target, endpoint_name, body, clients.runtime)
            pending["isWarm"] = True
            if not budget.allows(CALL_SECONDS):
                return Later(1, pending)
        return invocations.invoke(trial.test, trial.target, endpoint_name, body, clients.runtime)
    except NotReadyError as error:
        waited = seconds_between(pending["since"], now)
        if waited >= PATIENCE_SECONDS:
            raise error.meaning(f"{trial} has no answer after {duration_text(waited)}: {error}") from error
        return later
    except AnswerFailedError as error:
        raise _failure(trial, None, [Unmet("answer", "an answer", f"a failure: {shown(str(error))}")]) from error


def _asynchronous(test: Json, endpoint_name: str, pending: Pending, clients: Clients) -> Answer | None:
    """Send the request, or look for its answer; None if there is none yet."""
    if "queued" in pending:
        return invocations.stored_answer(test, pending["queued"], clients.s3)
    pending["queued"] = invocations.send(test, endpoint_name, clients.runtime)
    return None


def _wait_seconds(since: str, now: str) -> int:
    """Return the seconds until the next call, which grow with the time waited, to keep the history short."""
    waited = seconds_between(since, now)
    return round(min(LONGEST_WAIT_SECONDS, max(FIRST_WAIT_SECONDS, waited * WAIT_SHARE)))


def _result(trial: Trial, answer: Answer) -> PassedTest:
    took = answer.latency_milliseconds
    passed = PassedTest(
        name=trial.test["name"],
        variant=trial.variant,
        status=answer.status,
        latencyMilliseconds=None if took is None else round(took),
    )
    if trial.component:
        passed["component"] = trial.component
    return passed


def _failure(trial: Trial, latency_milliseconds: float | None, failed: list[Unmet]) -> VerificationFailed:
    """Return the error with every expectation that does not hold; an answer is never in it as a whole."""
    after = "" if latency_milliseconds is None else f" after {latency_milliseconds:.0f} ms"
    more = [f"and {len(failed) - MOST_SHOWN} more"] if len(failed) > MOST_SHOWN else []
    return VerificationFailed("\n".join([f"{trial} failed{after}:", *map(str, failed[:MOST_SHOWN]), *more]))
