"""Small AWS services in memory; calls are validated against the service model, and unknown operations are refused."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

SESSION = botocore.session.get_session()
ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
POLICY_ARN = "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:1"
CREATED_AT = datetime(2026, 11, 20, tzinfo=UTC)


def client_error(code: str, message: str, operation: str = "AnyOperation", status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


class FakeService:
    """A client whose operations are the methods `on_<operation>` of a subclass.

    Attributes
    ----------
    calls : list of (str, dict)
        Operation and parameters of every call, refused ones included.
    errors : dict
        Raised instead of a response, by operation.
    """

    service = ""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.errors: dict[str, ClientError] = {}
        self._model = SESSION.get_service_model(self.service)
        self._operations = {botocore.xform_name(name): name for name in self._model.operation_names}

    def __getattr__(self, method: str) -> Any:
        operation = self.__dict__.get("_operations", {}).get(method)
        if operation is None:
            raise AttributeError(f"{self.service} has no operation {method}")
        return lambda **parameters: self._call(operation, parameters)

    def get_paginator(self, method: str) -> Any:
        service = self

        class Paginator:
            def paginate(self, **parameters: Any) -> Iterator[Any]:
                config = parameters.pop("PaginationConfig", {})
                size = {"MaxResults": config["PageSize"]} if config else {}
                yield getattr(service, method)(**parameters, **size)

        return Paginator()

    def mutations(self) -> list[str]:
        """Mutating operations that were called."""
        return [operation for operation, _ in self.calls if not operation.startswith(("Describe", "List", "Get"))]

    def _call(self, operation: str, parameters: dict[str, Any]) -> Any:
        self.calls.append((operation, parameters))
        require_valid(self._model, operation, parameters)
        if operation in self.errors:
            raise self.errors[operation]
        return getattr(self, f"on_{botocore.xform_name(operation)}")(parameters)


def require_valid(model: Any, operation: str, parameters: dict[str, Any]) -> None:
    report = ParamValidator().validate(parameters, model.operation_model(operation).input_shape)
    assert not report.has_errors(), report.generate_report()


class FakeSageMaker(FakeService):
    """Endpoints (as DescribeEndpoint describes them), configs, models and tags."""

    service = "sagemaker"

    def __init__(self) -> None:
        super().__init__()
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        self.models: set[str] = set()
        self.model_members: dict[str, Any] = {}  # more members of every DescribeModel response
        self.created_at: dict[str, datetime] = {}  # of models, configs and packages not created at CREATED_AT
        self.packages: dict[str, str] = {}  # ARN of the package of a model, by model name
        self.tags: dict[str, str] = {}  # creator of a resource, by its ARN
        self.created_for: dict[str, str] = {}  # endpoint of a config, by config name

    def add_endpoint(self, name: str, status: str = "InService", config: str = "old", **members: Any) -> None:
        self.endpoints[name.lower()] = {
            "EndpointName": name,
            "EndpointArn": f"{ARN}:endpoint/{name.lower()}",
            "EndpointConfigName": config,
            "EndpointStatus": status,
            "CreationTime": CREATED_AT,
            "LastModifiedTime": CREATED_AT,
            "ProductionVariants": [{"VariantName": "AllTraffic", "CurrentInstanceCount": 1, "CurrentWeight": 1.0}],
        } | members
        self.tags.setdefault(self.endpoints[name.lower()]["EndpointArn"], "an-earlier-execution")

    def on_describe_endpoint(self, parameters: dict[str, Any]) -> Any:
        return self._found(self.endpoints, parameters["EndpointName"], "endpoint")[1]

    def on_describe_endpoint_config(self, parameters: dict[str, Any]) -> Any:
        name, config = self._found(self.configs, parameters["EndpointConfigName"], "endpoint configuration")
        arn = f"{ARN}:endpoint-config/{name.lower()}"
        created_at = self.created_at.get(name, CREATED_AT)
        return {"EndpointConfigName": name, "EndpointConfigArn": arn, "CreationTime": created_at} | config

    def on_describe_model(self, parameters: dict[str, Any]) -> Any:
        name, _ = self._found({model: {} for model in self.models}, parameters["ModelName"], "model")
        package = {"PrimaryContainer": {"ModelPackageName": self.packages[name]}} if name in self.packages else {}
        created_at = self.created_at.get(name, CREATED_AT)
        model = {"ModelName": name, "ModelArn": f"{ARN}:model/{name.lower()}", "CreationTime": created_at}
        return model | package | self.model_members

    def on_list_tags(self, parameters: dict[str, Any]) -> Any:
        arn = parameters["ResourceArn"]
        values = {
            "team": "churn",
            "slipway:execution": self.tags.get(arn),
            "slipway:endpoint": self.created_for.get(arn.rpartition("/")[2]),
        }
        listed = [{"Key": key, "Value": value} for key, value in values.items() if value]
        created_with = next(
            (config.get("Tags", []) for name, config in self.configs.items() if arn.endswith(f"/{name.lower()}")), []
        )
        return {"Tags": [*listed, *created_with]}

    def on_list_endpoints(self, parameters: dict[str, Any]) -> Any:
        return {"Endpoints": [{"EndpointName": endpoint["EndpointName"]} for endpoint in self.endpoints.values()]}

    def on_list_endpoint_configs(self, parameters: dict[str, Any]) -> Any:
        """Newest first: in reverse order of creation by the test."""
        part = parameters.get("NameContains", "").lower()
        found = [name for name in reversed(self.configs) if part in name.lower()]
        created_at = {name: self.configs[name].get("CreationTime", CREATED_AT) for name in found}
        return {"EndpointConfigs": [{"EndpointConfigName": name, "CreationTime": created_at[name]} for name in found]}

    def on_list_inference_components(self, parameters: dict[str, Any]) -> Any:
        return {"InferenceComponents": []}

    def on_update_endpoint(self, parameters: dict[str, Any]) -> None:
        self._found(self.configs, parameters["EndpointConfigName"], "endpoint configuration")
        pending = {"PendingDeploymentSummary": {"EndpointConfigName": parameters["EndpointConfigName"]}}
        self.endpoints[parameters["EndpointName"].lower()] |= {"EndpointStatus": "Updating"} | pending

    def on_update_endpoint_weights_and_capacities(self, parameters: dict[str, Any]) -> None:
        self.endpoints[parameters["EndpointName"].lower()]["EndpointStatus"] = "Updating"

    def finish_update(self, name: str) -> None:
        """Finish the endpoint's update successfully."""
        endpoint = self.endpoints[name]
        endpoint |= {"EndpointStatus": "InService"} | endpoint.pop("PendingDeploymentSummary")

    def on_delete_endpoint(self, parameters: dict[str, Any]) -> None:
        self.endpoints[parameters["EndpointName"].lower()]["EndpointStatus"] = "Deleting"

    def on_delete_endpoint_config(self, parameters: dict[str, Any]) -> None:
        del self.configs[parameters["EndpointConfigName"]]

    def on_delete_model(self, parameters: dict[str, Any]) -> None:
        self.models.remove(parameters["ModelName"])

    def _found(self, things: dict[str, dict[str, Any]], name: str, kind: str) -> tuple[str, dict[str, Any]]:
        """The resource with this name in any case, and its name in the case of its creation."""
        for each, thing in things.items():
            if each.lower() == name.lower():
                return each, thing
        raise client_error("ValidationException", f'Could not find {kind} "{ARN}:{kind}/{name}".')


class FakeAutoScaling(FakeService):
    """Scalable targets by resource ID, policies and scheduled actions by name."""

    service = "application-autoscaling"

    def __init__(self) -> None:
        super().__init__()
        self.targets: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, dict[str, Any]] = {}
        self.scheduled_actions: dict[str, dict[str, Any]] = {}

    def on_describe_scalable_targets(self, parameters: dict[str, Any]) -> Any:
        found = [target for name, target in self.targets.items() if name in parameters.get("ResourceIds", self.targets)]
        return {"ScalableTargets": found}

    def on_describe_scaling_policies(self, parameters: dict[str, Any]) -> Any:
        found = [policy for policy in self.policies.values() if policy["ResourceId"] == parameters["ResourceId"]]
        names = parameters.get("PolicyNames", [policy["PolicyName"] for policy in found])
        arns = {name: f"{POLICY_ARN}:{name}" for name in names}
        described = [policy for policy in found if policy["PolicyName"] in names]
        return {"ScalingPolicies": [{"PolicyARN": arns[policy["PolicyName"]]} | policy for policy in described]}

    def on_describe_scheduled_actions(self, parameters: dict[str, Any]) -> Any:
        found = [a for a in self.scheduled_actions.values() if a["ResourceId"] == parameters["ResourceId"]]
        names = parameters.get("ScheduledActionNames", [action["ScheduledActionName"] for action in found])
        return {"ScheduledActions": [action for action in found if action["ScheduledActionName"] in names]}

    def on_put_scheduled_action(self, parameters: dict[str, Any]) -> Any:
        self.scheduled_actions[parameters["ScheduledActionName"]] = parameters
        return {}

    def on_deregister_scalable_target(self, parameters: dict[str, Any]) -> Any:
        name = parameters["ResourceId"]
        self._require(self.targets, name)
        del self.targets[name]
        self.policies = {key: each for key, each in self.policies.items() if each["ResourceId"] != name}
        left = {key: each for key, each in self.scheduled_actions.items() if each["ResourceId"] != name}
        self.scheduled_actions = left
        return {}

    def on_delete_scaling_policy(self, parameters: dict[str, Any]) -> Any:
        self._require(self.policies, parameters["PolicyName"])
        del self.policies[parameters["PolicyName"]]
        return {}

    def _require(self, things: dict[str, Any], name: str) -> None:
        if name not in things:
            raise client_error("ObjectNotFoundException", f"No {name} found")

    def on_register_scalable_target(self, parameters: dict[str, Any]) -> Any:
        before = self.targets.get(parameters["ResourceId"], {})
        suspended = before.get("SuspendedState", {}) | parameters.get("SuspendedState", {})
        kept = {"SuspendedState": suspended} if suspended else {}
        self.targets[parameters["ResourceId"]] = before | parameters | kept
        return {}

    def on_put_scaling_policy(self, parameters: dict[str, Any]) -> Any:
        self.policies[parameters["PolicyName"]] = parameters
        return {"PolicyARN": f"{POLICY_ARN}:{parameters['PolicyName']}"}

    def on_delete_scheduled_action(self, parameters: dict[str, Any]) -> Any:
        self._require(self.scheduled_actions, parameters["ScheduledActionName"])
        del self.scheduled_actions[parameters["ScheduledActionName"]]
        return {}


class FakeScheduler(FakeService):
    """Schedules by group and name, as GetSchedule describes them."""

    service = "scheduler"

    def __init__(self) -> None:
        super().__init__()
        self.schedules: dict[tuple[str, str], dict[str, Any]] = {}

    def on_create_schedule(self, parameters: dict[str, Any]) -> Any:
        if _schedule_key(parameters) in self.schedules:
            raise client_error("ConflictException", f"Schedule {parameters['Name']} already exists.")
        self.schedules[_schedule_key(parameters)] = parameters
        return {}

    def on_update_schedule(self, parameters: dict[str, Any]) -> Any:
        self._found(parameters)
        self.schedules[_schedule_key(parameters)] = parameters
        return {}

    def on_get_schedule(self, parameters: dict[str, Any]) -> Any:
        arn = f"arn:aws:scheduler:eu-west-1:123456789012:schedule/{parameters['GroupName']}/{parameters['Name']}"
        return {"Arn": arn, "CreationDate": CREATED_AT, "LastModificationDate": CREATED_AT} | self._found(parameters)

    def on_delete_schedule(self, parameters: dict[str, Any]) -> Any:
        self._found(parameters)
        del self.schedules[_schedule_key(parameters)]
        return {}

    def _found(self, parameters: dict[str, Any]) -> dict[str, Any]:
        if _schedule_key(parameters) not in self.schedules:
            raise client_error("ResourceNotFoundException", f"Schedule {parameters['Name']} does not exist.")
        return self.schedules[_schedule_key(parameters)]


def _schedule_key(parameters: dict[str, Any]) -> tuple[str, str]:
    return parameters["GroupName"], parameters["Name"]


class FakeSsm(FakeService):
    """Parameters of one type."""

    service = "ssm"

    def __init__(self, parameter_type: str = "String", **values: str) -> None:
        super().__init__()
        self.type = parameter_type
        self.values = values

    def on_get_parameter(self, parameters: dict[str, Any]) -> Any:
        if parameters["Name"] not in self.values:
            raise client_error("ParameterNotFound", "", "GetParameter")
        name = parameters["Name"]
        return {"Parameter": {"Name": name, "Type": self.type, "Value": self.values[name]}}


class FakeCloudWatch(FakeService):
    """Alarms: those whose states a test sets, and those that are put."""

    service = "cloudwatch"

    def __init__(self, **states: str) -> None:
        super().__init__()
        self.states = states
        self.alarms: dict[str, dict[str, Any]] = {}

    def on_put_metric_alarm(self, parameters: dict[str, Any]) -> Any:
        given = {name: value for name, value in parameters.items() if name != "Tags"}
        empty: dict[str, Any] = {"ActionsEnabled": True, "OKActions": [], "AlarmActions": [], "Metrics": []}
        self.alarms[parameters["AlarmName"]] = empty | given | {"StateValue": "INSUFFICIENT_DATA"}
        return {}

    def on_delete_alarms(self, parameters: dict[str, Any]) -> Any:
        for name in parameters["AlarmNames"]:
            self.alarms.pop(name, None)
        return {}

    def on_describe_alarms(self, parameters: dict[str, Any]) -> Any:
        if "AlarmNamePrefix" in parameters:
            prefix = parameters["AlarmNamePrefix"]
            return {"MetricAlarms": [alarm for name, alarm in self.alarms.items() if name.startswith(prefix)]}
        if "ActionPrefix" in parameters:
            prefix = parameters["ActionPrefix"]
            alarms = self.alarms.values()
            return {"MetricAlarms": [a for a in alarms if any(arn.startswith(prefix) for arn in a["AlarmActions"])]}
        named = [name for name in self.states if name in parameters["AlarmNames"]]
        assert {"MetricAlarm", "CompositeAlarm"} == set(parameters["AlarmTypes"]), "composite alarms are not returned"
        alarms = [
            {"AlarmName": name, "StateValue": self.states[name], "StateReason": f"{name} says so."} for name in named
        ]
        composite = [alarm for alarm in alarms if alarm["AlarmName"].startswith("composite")]
        return {"MetricAlarms": [alarm for alarm in alarms if alarm not in composite], "CompositeAlarms": composite}


class FakeS3(FakeService):
    """Objects by key in one bucket, `artifacts`.

    Attributes
    ----------
    region : str
        Region of the bucket.
    """

    service = "s3"

    def __init__(self, **objects: bytes) -> None:
        super().__init__()
        self.objects = dict(objects)
        self.region = "eu-west-1"

    def on_head_bucket(self, parameters: dict[str, Any]) -> Any:
        return {"BucketRegion": self.region}

    def on_list_objects_v2(self, parameters: dict[str, Any]) -> Any:
        keys = sorted(key for key in self.objects if key.startswith(parameters["Prefix"]))
        return {"Contents": [self._listed(key) for key in keys]} if keys else {}

    def on_get_object(self, parameters: dict[str, Any]) -> Any:
        assert parameters["Range"] == "bytes=0-4095", "archives can be large"
        return {"Body": BytesIO(self.objects[parameters["Key"]][:4096])}

    def _listed(self, key: str) -> dict[str, Any]:
        content = self.objects[key]
        etag = f'"{hashlib.md5(content).hexdigest()}"'
        return {"Key": key, "Size": len(content), "ETag": etag, "LastModified": CREATED_AT}


class FakeIam(FakeService):
    """Roles that may do everything but what `decisions` says, by action.

    Attributes
    ----------
    is_specific : bool
        Whether responses have the optional results of each resource.
    """

    service = "iam"

    def __init__(self, **decisions: str) -> None:
        super().__init__()
        self.is_specific = True
        self.decisions = {name.replace("_", ":", 1): decision for name, decision in decisions.items()}

    def on_simulate_principal_policy(self, parameters: dict[str, Any]) -> Any:
        (action,) = parameters["ActionNames"]
        decision = self.decisions.get(action, "allowed")
        result = {"EvalActionName": action, "EvalResourceName": "*", "EvalDecision": decision}
        resources = [
            {"EvalResourceName": each, "EvalResourceDecision": decision} for each in parameters["ResourceArns"]
        ]
        return {"EvaluationResults": [result | ({"ResourceSpecificResults": resources} if self.is_specific else {})]}


class FakeLocks(FakeService):
    """The locks table, one lock in it at most; tests of what the expressions do run on moto's DynamoDB instead."""

    service = "dynamodb"

    def __init__(self, **lock: Any) -> None:
        super().__init__()
        self.item = {name: {"N" if isinstance(value, int) else "S": str(value)} for name, value in lock.items()}
        self.records: list[dict[str, Any]] = []  # items of the deployments table, the newest first

    def on_get_item(self, parameters: dict[str, Any]) -> Any:
        assert parameters["ConsistentRead"], "else a lock that was taken a moment ago is not seen"
        answer: dict[str, Any] = {"ConsumedCapacity": {"TableName": "locks", "CapacityUnits": 1.0}}
        return answer | ({"Item": self.item} if self.item else {})

    def on_update_item(self, parameters: dict[str, Any]) -> Any:
        """Updates only the lock's holder, which is all that tests of the planners check."""
        values = parameters.get("ExpressionAttributeValues", {})
        if ":heldBy" in values:
            self.item |= {name: values[f":{name}"] for name in ("heldBy", "heldSince", "requestHash", "turn")}
        elif ":turn" in values:
            self.item = {name: value for name, value in self.item.items() if name != "heldBy"}
        return {}

    def on_put_item(self, parameters: dict[str, Any]) -> Any:
        self.records.insert(0, parameters["Item"])
        return {}

    def on_query(self, parameters: dict[str, Any]) -> Any:
        assert not parameters["ScanIndexForward"], "else the oldest come first"
        endpoint = parameters["ExpressionAttributeValues"][":endpoint"]
        return {"Items": [item for item in self.records if item["endpoint"] == endpoint]}


class FakeExecutions(FakeService):
    """Executions: those that have ended, with the time of their end, and those that were expired; all others run."""

    service = "stepfunctions"

    def __init__(self, expired: tuple[str, ...] = (), **ended: datetime) -> None:
        super().__init__()
        self.expired, self.ended = expired, ended

    def on_describe_execution(self, parameters: dict[str, Any]) -> Any:
        name = parameters["executionArn"].rpartition(":")[2]
        if name in self.expired:
            raise client_error("ExecutionDoesNotExist", "there is none", "DescribeExecution")
        if name in self.ended:
            return {"status": "ABORTED", "stopDate": self.ended[name]}
        return {"status": "RUNNING"}


class FakeTasks(FakeService):
    """Tasks that wait for their tokens.

    Attributes
    ----------
    answered : list of (str, str, object)
        Operation, token, and the output or the error with its cause.
    """

    service = "stepfunctions"

    def __init__(self) -> None:
        super().__init__()
        self.answered: list[tuple[str, str, Any]] = []

    def on_send_task_success(self, parameters: dict[str, Any]) -> Any:
        self.answered.append(("SendTaskSuccess", parameters["taskToken"], json.loads(parameters["output"])))
        return {}

    def on_send_task_failure(self, parameters: dict[str, Any]) -> Any:
        self.answered.append(("SendTaskFailure", parameters["taskToken"], (parameters["error"], parameters["cause"])))
        return {}


class FakeSns(FakeService):
    """A topic that accepts every message."""

    service = "sns"

    def on_publish(self, parameters: dict[str, Any]) -> Any:
        return {"MessageId": "67f0c4a4-0000-4000-8000-000000000001"}

    @property
    def published(self) -> dict[str, Any]:
        """The one message."""
        ((_, parameters),) = self.calls
        return parameters
