import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import BY_NAME, ERRORS, InternalError
from shared.failures import error_of, failed_in, message_in


def lambda_cause(message: str) -> str:
    return json.dumps({"errorMessage": message, "errorType": "X", "requestId": "1", "stackTrace": ["  File x"]})


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_an_error_of_a_function_keeps_its_name_and_loses_its_stack_trace(name: str) -> None:
    assert error_of({"Error": name, "Cause": lambda_cause("what happened")}) == (
        BY_NAME[name],
        "what happened",
    )


SDK = "{} (Service: SageMaker, Status Code: {}, Request ID: 1) (SDK Attempt Count: 1)"
DENIED = "User: x is not authorized to perform: y on resource: z"
DYNAMODB = "{} (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: {}; Request ID: 1; Proxy: null)"
SFN = "{} (Service: Sfn, Status Code: {}, Request ID: 1) (SDK Attempt Count: 1)"
AWS_LAMBDA = "{} (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; Request ID: 1; Proxy: null)"
RAW = [
    ("SageMaker.ResourceLimitExceededException", "The account-level service limit is 0 Instances", "QuotaExceeded"),
    ("SageMaker.SdkClientException", "Unable to execute HTTP request", "ServiceUnavailable"),
    (
        "SageMaker.SageMakerException",
        SDK.format("User: x is not authorized to perform: sagemaker:CreateEndpoint", 400),
        "AccessDenied",
    ),
    ("SageMaker.SageMakerException", SDK.format("Rate exceeded", 400), "ServiceUnavailable"),
    ("SageMaker.SageMakerException", SDK.format("Internal failure", 500), "ServiceUnavailable"),
    ("SageMaker.SageMakerException", SDK.format('Could not find model "arn".', 400), "ModelNotFound"),
    ("SageMaker.SageMakerException", SDK.format("Could not find model data at s3://b/k.", 400), "RequestRefused"),
    ("SageMaker.SageMakerException", SDK.format('Cannot create already existing endpoint "arn".', 400), "EndpointBusy"),
    ("SageMaker.SageMakerException", SDK.format('Cannot update in-progress endpoint "arn".', 400), "EndpointBusy"),
    ("SageMaker.SageMakerException", SDK.format("1 validation error detected", 400), "RequestRefused"),
    ("SageMaker.AmazonSageMakerException", "1 validation error detected", "RequestRefused"),
    ("SageMaker.ResourceInUseException", "the model is in use", "RequestRefused"),
    ("DynamoDB.AmazonDynamoDBException", DYNAMODB.format("Slow down", "ThrottlingException"), "ServiceUnavailable"),
    ("DynamoDB.AmazonDynamoDBException", DYNAMODB.format(DENIED, "AccessDeniedException"), "AccessDenied"),
    ("DynamoDB.AmazonDynamoDBException", DYNAMODB.format("Bad key", "ValidationException"), "InternalError"),
    ("DynamoDB.ProvisionedThroughputExceededException", "Too fast", "ServiceUnavailable"),
    ("DynamoDB.RequestLimitExceededException", "Too fast", "ServiceUnavailable"),
    ("DynamoDB.InternalServerErrorException", "", "ServiceUnavailable"),
    ("DynamoDB.ThrottlingException", "", "ServiceUnavailable"),
    ("DynamoDB.SdkClientException", "Unable to execute HTTP request", "ServiceUnavailable"),
    ("Sfn.SfnException", SFN.format("Rate exceeded", 400), "ServiceUnavailable"),
    ("Sfn.SfnException", SFN.format("Internal failure", 500), "ServiceUnavailable"),
    ("Sfn.SfnException", SFN.format(DENIED, 400), "AccessDenied"),
    ("Sfn.SdkClientException", "Unable to execute HTTP request", "ServiceUnavailable"),
    ("Lambda.AWSLambdaException", AWS_LAMBDA.format(DENIED), "AccessDenied"),
    ("Lambda.AWSLambdaException", "Internal failure", "ServiceUnavailable"),
    ("ClientError", f"An error occurred (AuthorizationError) when calling Publish: {DENIED}", "AccessDenied"),
    ("ClientError", "An error occurred (ThrottlingException) when calling PutItem: slow down", "ServiceUnavailable"),
    ("ProvisionedThroughputExceededException", "An error occurred", "ServiceUnavailable"),
    ("ScalingNotReady", "endpoint/e/variant/v: no such target", "ScalingFailed"),
    ("Lambda.TooManyRequestsException", "Rate Exceeded", "ServiceUnavailable"),
    ("Lambda.ServiceException", "", "ServiceUnavailable"),
    ("Lambda.ClientExecutionTimeoutException", "", "ServiceUnavailable"),
    ("Lambda.AccessDeniedException", "not authorized", "AccessDenied"),
    ("Lambda.Unknown", "The cause could not be determined", "InternalError"),
    ("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 60.00 seconds", "ServiceUnavailable"),
    ("States.Timeout", "", "ServiceUnavailable"),
    ("States.Permissions", "The role is not authorized", "AccessDenied"),
    ("States.QueryEvaluationError", "The JSONata expression evaluated to nothing", "InternalError"),
    ("States.DataLimitExceeded", "The state/task returned a result with a size exceeding", "InternalError"),
    ("States.Runtime", "", "InternalError"),
    ("KeyError", "'plan'", "InternalError"),
]


@pytest.mark.parametrize(("error", "cause", "meaning"), RAW)
def test_every_error_of_step_functions_and_aws_means_a_documented_error(error: str, cause: str, meaning: str) -> None:
    found, text = error_of({"Error": error, "Cause": cause})

    assert found.__name__ == meaning
    assert text == (f"{error}: {cause}" if cause else error)


@pytest.mark.parametrize("cause", [None, ""])
def test_a_failure_without_a_name_is_an_internal_error(cause: str | None) -> None:
    assert error_of({"Error": None, "Cause": cause}) == (InternalError, "States.TaskFailed")


def test_without_a_plan_only_the_request_can_be_too_large() -> None:
    failure = {"Error": "States.DataLimitExceeded", "Cause": "The state/task returned a result with a size exceeding"}

    meaning, text = error_of(failure, is_planned=False)

    assert meaning.__name__ == "InvalidRequest"
    assert text.startswith("The request is too large: with what Slipway adds, it exceeds the 262,144 bytes")


@given(st.text(), st.text())
def test_every_failure_means_a_documented_error(error: str, cause: str) -> None:
    assert error_of({"Error": error, "Cause": cause})[0] in ERRORS


@pytest.mark.parametrize("cause", ["plain", '"a text"', "[1]", '{"no": "message"}', "7"])
def test_a_cause_without_an_error_message_is_kept_as_it_is(cause: str) -> None:
    assert message_in(cause) == cause


def test_the_state_of_a_failure_is_named_with_the_operation_that_it_called() -> None:
    assert failed_in("Check endpoint") == "Failed in the state Check endpoint."
    assert failed_in("Create endpoint", "sagemaker:createEndpoint") == (
        "Failed in the state Create endpoint, which called sagemaker:createEndpoint."
    )
