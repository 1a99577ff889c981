"""SageMaker with inference components: a change takes until the test ends it."""

from typing import Any

from shared.moments import moment
from tests.unit.fakes import ARN, CREATED_AT, FakeSageMaker, client_error

Json = dict[str, Any]
COPY = {"ModelName": "m", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024}}


def adapter_of(base: str) -> Json:
    """A specification of an adapter."""
    return {"BaseInferenceComponentName": base, "Container": {"ArtifactUrl": "s3://adapters/a.tar.gz"}}


class FakeComponents(FakeSageMaker):
    """Components as DescribeInferenceComponent describes them, in the order of their creation.

    Attributes
    ----------
    now : datetime
        When the next change begins or ends.
    """

    def __init__(self) -> None:
        super().__init__()
        self.components: dict[str, Json] = {}
        self.now = CREATED_AT

    def add_component(
        self, name: str, status: str = "InService", copies: int = 1, specification: Json = COPY, **members: Any
    ) -> Json:
        """Return the component, for the test to change it."""
        arn = f"{ARN}:inference-component/{name.lower()}"
        runtime = {"DesiredCopyCount": copies, "CurrentCopyCount": copies if status == "InService" else 0}
        found: Json = {
            "InferenceComponentName": name,
            "InferenceComponentArn": arn,
            "InferenceComponentStatus": status,
            "EndpointName": "test-endpoint",
            "EndpointArn": f"{ARN}:endpoint/test-endpoint",
            "VariantName": "AllTraffic",
            "Specification": specification,
            "CreationTime": self.now,
            "LastModifiedTime": self.now,
        }
        if "BaseInferenceComponentName" not in specification:
            found["RuntimeConfig"] = runtime
        self.components[name.lower()] = found | members
        self.tags.setdefault(arn, "an-earlier-execution")
        return self.components[name.lower()]

    def finish(self, name: str) -> None:
        """End the creation, update or deletion of the component successfully."""
        found = self.components[name.lower()]
        if found["InferenceComponentStatus"] == "Deleting":
            del self.components[name.lower()]
            return
        found |= {"InferenceComponentStatus": "InService", "LastModifiedTime": self.now}
        if "RuntimeConfig" in found:
            found["RuntimeConfig"]["CurrentCopyCount"] = found["RuntimeConfig"]["DesiredCopyCount"]

    def on_describe_inference_component(self, parameters: Json) -> Json:
        return self._component(parameters)

    def on_list_inference_components(self, parameters: Json) -> Json:
        endpoint, since = parameters.get("EndpointNameEquals"), parameters.get("LastModifiedTimeAfter")
        since = moment(since) if isinstance(since, str) else since  # botocore accepts both
        found = [each for each in self.components.values() if endpoint in (None, each["EndpointName"])]
        return {"InferenceComponents": [each for each in found if since is None or each["LastModifiedTime"] > since]}

    def on_create_inference_component(self, parameters: Json) -> Json:
        name = parameters["InferenceComponentName"]
        if name.lower() in self.components:
            raise client_error("ValidationException", f'Cannot create already existing inference component "{name}".')
        base = self.components.get(parameters["Specification"].get("BaseInferenceComponentName", "").lower())
        if base and base["InferenceComponentStatus"] != "InService":
            status = base["InferenceComponentStatus"]
            raise client_error("ValidationException", f"The base inference component is in status {status}.")
        tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
        if "slipway:execution" in tags:
            self.tags[f"{ARN}:inference-component/{name.lower()}"] = tags["slipway:execution"]
        copies = parameters.get("RuntimeConfig", {}).get("CopyCount", 0)
        found = self.add_component(name, "Creating", copies, parameters["Specification"])
        found["EndpointName"] = parameters["EndpointName"]
        return {"InferenceComponentArn": found["InferenceComponentArn"]}

    def on_update_inference_component(self, parameters: Json) -> Json:
        found = self._changeable(parameters)
        found |= {name: parameters[name] for name in ("Specification",) if name in parameters}
        self._set_copies(found, parameters.get("RuntimeConfig", {}))
        return {"InferenceComponentArn": found["InferenceComponentArn"]}

    def on_update_inference_component_runtime_config(self, parameters: Json) -> Json:
        found = self._changeable(parameters)
        self._set_copies(found, parameters["DesiredRuntimeConfig"])
        return {"InferenceComponentArn": found["InferenceComponentArn"]}

    def on_delete_inference_component(self, parameters: Json) -> None:
        found = self._changeable(parameters, "delete")
        found |= {"InferenceComponentStatus": "Deleting", "LastModifiedTime": self.now}

    def _set_copies(self, found: Json, wanted: Json) -> None:
        found |= {"InferenceComponentStatus": "Updating", "LastModifiedTime": self.now}
        if "CopyCount" in wanted:
            found["RuntimeConfig"]["DesiredCopyCount"] = wanted["CopyCount"]

    def _changeable(self, parameters: Json, verb: str = "update") -> Json:
        found = self._component(parameters)
        if found["InferenceComponentStatus"] in ("Creating", "Updating", "Deleting"):
            phase = {"Creating": "CREATE", "Updating": "UPDATE", "Deleting": "DELETE"}[
                found["InferenceComponentStatus"]
            ]
            message = f'Cannot {verb} inference component "…" while it is in state {phase}_IN_PROGRESS.'
            raise client_error("ValidationException", message)
        return found

    def _component(self, parameters: Json) -> Json:
        return self._found(self.components, parameters["InferenceComponentName"], "inference component")[1]
