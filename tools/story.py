"""The story of `make demo`: a model is trained, deployed and asked; a worse second version does not replace it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from local_aws import LocalAws
from tools import iris, picture, progress
from tools.deployment_view import DeploymentView

NAME = "iris"
SHORT_HASH = 12


class Story:
    """The story on a local AWS with Slipway, shown on `view`."""

    def __init__(self, aws: LocalAws, outputs: Mapping[str, str], view: DeploymentView) -> None:
        self._aws = aws
        self._bucket = outputs["ArtifactBucketName"]
        self._view = view

    def tell(self) -> bool:
        """Deploy both versions and return whether the first one answers in the end."""
        first = self._view.deploy(self._uploaded(iris.FIRST), iris.FIRST.payload)
        if first.error:
            self._view.outcome(first)
            return False
        self._view.say(f"\n{first.status}")
        self._view.endpoint(NAME)
        self._view.say("\n".join(picture.tests(self._view.result(first))))
        self._ask()
        self._view.messages()

        self._view.say(
            "\nA second version has never seen a virginica: it was trained with the first 100 flowers only.\n"
        )
        second = self._view.deploy(self._uploaded(iris.WORSE), iris.WORSE.payload, briefly=True)
        self._view.say(f"\n{second.status}    {second.error}\n{_beginning(second.cause)}\n")
        self._view.endpoint(NAME)
        answers = self._ask()
        self._show_captured()
        return answers and second.error == "VerificationFailed"

    def _uploaded(self, version: iris.Version) -> dict[str, object]:
        """Train, package and upload a version; returns its request."""
        with progress.step("train", "examples/iris/train.py", sys.stdout) as step:
            uploaded = iris.upload(self._aws, self._bucket, version)
            step.result = uploaded.training
        package = uploaded.package
        self._view.say(
            f"package         {package.path.name}: {package.size} bytes, sha256 {package.sha256[:SHORT_HASH]}…\n"
            f"upload          {uploaded.uri}"
        )
        return uploaded.request

    def _ask(self) -> bool:
        """Show the prediction for a setosa, and return whether it is right."""
        answer = iris.predict(self._aws, NAME)
        self._view.say(f"  invoke    {json.dumps(iris.FLOWER)}\n            {answer}")
        return bool(json.loads(answer)["predictions"][0]["predicted_class"] == "setosa")

    def _show_captured(self) -> None:
        """Show what data capture wrote of the first question."""
        asked = [
            each for each in iris.captured(self._aws, self._bucket, NAME) if json.loads(each.request) == iris.FLOWER
        ]
        for each in asked[:1]:
            self._view.say(f"  captured  {each.request}\n            {each.answer}")


def _beginning(cause: str | None) -> str:
    """First paragraph of a cause."""
    return (cause or "").split("\n\n")[0]
