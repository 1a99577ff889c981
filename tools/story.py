"""The story of `make demo`: an endpoint from its creation to its removal, with a failed test, an alarm and an undo."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws import LocalAws
from tools import iris, progress, tripping
from tools.execution import Ended, Execution
from tools.page import Page

NAME = "iris"
VARIANT = "AllTraffic"
PENDING = "$endpoint.PendingDeploymentSummary.EndpointConfigName"
ALARM = f"{{% 'slipway/{NAME}/{VARIANT}/' & {PENDING} & '/server-errors' %}}"
SHORT_HASH = 12


class UnexpectedError(RuntimeError):
    """A step did not end as its sentence says; the message says how it ended."""


@dataclass(frozen=True)
class Chapter:
    """A step of the story.

    Attributes
    ----------
    title, look : str
        What happens, and what to look at.
    tell : callable
        Runs the step; raises `UnexpectedError` if it does not end as `look` says.
    """

    title: str
    look: str
    tell: Callable[[], None]


class Story:
    """The story on a local AWS with Slipway, shown on `page`."""

    def __init__(self, aws: LocalAws, outputs: Mapping[str, str], page: Page) -> None:
        self._aws = aws
        self._bucket = outputs["ArtifactBucketName"]
        self._deploy_machine = outputs["DeployEndpointStateMachineArn"]
        self._removal_machine = outputs["RemoveEndpointStateMachineArn"]
        self._topics = (outputs["SuccessTopicArn"], outputs["FailureTopicArn"])
        self._page = page
        self._versions: dict[str, str] = {}  # by the name of the SageMaker model
        self._told = 0

    def chapters(self) -> Iterator[Chapter]:
        """The steps, in order."""
        yield Chapter(
            "Create an endpoint",
            "the test: the deployment succeeds because the model predicts three known flowers.",
            self._create,
        )
        yield Chapter(
            "Deploy a worse version, which has never seen a virginica",
            "the third flower: the test fails, and version 1 answers again.",
            self._deploy_worse,
        )
        yield Chapter(
            "Deploy a better version as a canary, until an alarm goes off",
            "the outcome: SageMaker rolls back, and Slipway reports a failure, not a success.",
            self._deploy_with_alarm,
        )
        yield Chapter(
            "Deploy the better version again",
            "the stages: half of the new fleet bakes before all traffic moves, and no alarm goes off.",
            self._deploy_better,
        )
        yield Chapter(
            "Undo the deployment",
            "the stages: version 1 comes back as a canary, too.",
            self._undo,
        )
        yield Chapter(
            "Remove the endpoint",
            "what is removed: everything that Slipway created.",
            self._remove,
        )

    def tell(self) -> None:
        """Tell all steps.

        Raises
        ------
        UnexpectedError
            At the first step that does not end as its sentence says.
        """
        for number, chapter in enumerate(self.chapters(), 1):
            self._page.heading(f"{number}. {chapter.title}", f"Look at {chapter.look}")
            chapter.tell()

    def _create(self) -> None:
        ended = self._deploy(self._uploaded(iris.FIRST), iris.FIRST)
        self._versions[_model(ended)] = "version 1"
        for each in ended.output["tests"]:
            self._page.fact("test", f"{each['name']} of variant {each['variant']}: passed, status {each['status']}")
        self._page.fact("request", json.dumps(iris.FLOWER))
        self._page.fact("answer", iris.predict(self._aws, NAME))
        self._must_be_live("version 1")

    def _deploy_worse(self) -> None:
        self._deploy(self._uploaded(iris.WORSE), iris.WORSE, error="VerificationFailed")
        self._must_be_live("version 1")
        captured = [json.loads(each.answer) for each in iris.captured(self._aws, self._bucket, NAME)]
        self._page.fact("captured", f"{len(captured)} requests and answers, in the bucket of the stack")
        _must_be(bool(captured), True)

    def _deploy_with_alarm(self) -> None:
        trip = tripping.trip_in_stage(self._aws, NAME, ALARM, "Baking")
        self._deploy(self._uploaded(iris.BETTER), iris.BETTER, error="UpdateRolledBack")
        (tripped,) = trip.finish()
        self._page.fact("alarm", f"went off while SageMaker said: {tripped.message}")
        self._must_be_live("version 1")

    def _deploy_better(self) -> None:
        ended = self._deploy(iris.BETTER.request(self._bucket), iris.BETTER)
        self._versions[_model(ended)] = "version 3"
        self._must_be_live("version 3")
        _must_be(_has_baked(ended), True)

    def _undo(self) -> None:
        request = {"endpointName": NAME, "rollback": True}
        ended = self._run(self._deploy_machine, request, json.dumps(request))
        self._must_be_live("version 1")
        _must_be(_has_baked(ended), True)

    def _remove(self) -> None:
        request = {"endpointName": NAME, "confirm": NAME}
        ended = self._run(self._removal_machine, request, json.dumps(request))
        kinds = Counter(each.rsplit(" ", 1)[0] for each in ended.output["removed"])
        self._page.fact("removed", ", ".join(f"{count} {kind}{'s' * (count > 1)}" for kind, count in kinds.items()))
        _must_be(self._aws.client("sagemaker").list_endpoints(NameContains=NAME)["Endpoints"], [])

    def _uploaded(self, version: iris.Version) -> dict[str, object]:
        """Train, package and upload a version; returns its request."""
        with progress.step("train", "examples/iris/train.py", sys.stdout) as step:
            uploaded = iris.upload(self._aws, self._bucket, version)
            step.result = ""
        package = uploaded.package
        self._page.fact("train", f"{' '.join(['train.py', *version.options])}: {uploaded.training}")
        self._page.fact("package", f"{package.path.name}: {package.size} bytes, sha256 {package.sha256[:SHORT_HASH]}…")
        self._page.fact("upload", uploaded.uri)
        return uploaded.request

    def _deploy(self, request: dict[str, Any], version: iris.Version, error: str | None = None) -> Ended:
        return self._run(self._deploy_machine, request, str(version.payload), error)

    def _run(self, machine: str, request: dict[str, Any], source: str, error: str | None = None) -> Ended:
        """Run a request, show how it went, and return its end, which must be success or this error."""
        self._page.fact("start-execution", source)
        ended = Execution.start(self._aws, machine, request).followed(sys.stdout)
        for stages in ended.stages:
            if len(stages) > 1:
                self._page.fact("stages", " → ".join(stages))
        self._page.ending(ended)
        self._show_notification()
        if ended.error != error:
            raise UnexpectedError(f"expected {error or 'success'}, got {ended.error or 'success'}: {ended.cause}")
        return ended

    def _must_be_live(self, version: str) -> None:
        """Show what is live, and its answer; it must be this version."""
        sagemaker = self._aws.client("sagemaker")
        described = sagemaker.describe_endpoint(EndpointName=NAME)
        config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
        found = self._versions[config["ProductionVariants"][0]["ModelName"]]
        first = json.loads(iris.predict(self._aws, NAME))["predictions"][0]
        species, probability = first["predicted_class"], max(first["probabilities"].values())
        self._page.fact("live", f"{found}, {described['EndpointStatus']}, predicts {species} with {probability}")
        _must_be((found, species), (version, "setosa"))

    def _show_notification(self) -> None:
        messages = [each for each in self._aws.get("sns/messages") if each["topicArn"] in self._topics]
        for each in messages[self._told :]:
            self._page.fact("notification", each["subject"])
        self._told = len(messages)


def _model(ended: Ended) -> str:
    """The model that a deployment made live."""
    return str(ended.output["variants"][0]["modelName"])


def _has_baked(ended: Ended) -> bool:
    """Whether the checks saw the new fleet bake."""
    return any("baking" in each for each in ended.stages)


def _must_be(found: object, expected: object) -> None:
    if found != expected:
        raise UnexpectedError(f"expected {expected}, found {found}")
