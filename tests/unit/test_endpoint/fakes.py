"""SageMaker's runtime and S3 in memory."""

import io
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.fakes import FakeService, client_error

OUTPUT, FAILURE = "s3://artifacts/answers/1.out", "s3://artifacts/failures/1.out"


def model_error(status: int, message: str) -> ClientError:
    """The error by which SageMaker reports an error of the container."""
    error = client_error("ModelError", f"Received server error ({status}) from primary", "InvokeEndpoint", 424)
    response: Any = error.response
    response |= {"OriginalStatusCode": status, "OriginalMessage": message}
    return error


class FakeRuntime(FakeService):
    """An endpoint.

    Attributes
    ----------
    answers : list
        Bodies or errors of the next answers; afterwards, the last one.
    """

    service = "sagemaker-runtime"

    def __init__(self, *answers: str | ClientError) -> None:
        super().__init__()
        self.answers = list(answers or ['{"ok": true}'])

    def on_invoke_endpoint(self, parameters: dict[str, Any]) -> dict[str, Any]:
        answer = self._next()
        return {"Body": io.BytesIO(answer.encode()), "ContentType": "application/json"}

    def on_invoke_endpoint_async(self, parameters: dict[str, Any]) -> dict[str, Any]:
        self._next()
        return {"InferenceId": "1", "OutputLocation": OUTPUT, "FailureLocation": FAILURE}

    def _next(self) -> str:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ClientError):
            raise answer
        return answer


class FakeBucket(FakeService):
    """Objects by their URI, each read as a whole."""

    service = "s3"

    def __init__(self, **objects: str) -> None:
        super().__init__()
        self.objects: dict[str, str] = dict(objects)

    def on_get_object(self, parameters: dict[str, Any]) -> dict[str, Any]:
        found = self.objects.get(f"s3://{parameters['Bucket']}/{parameters['Key']}")
        if found is None:
            raise client_error("NoSuchKey", "The specified key does not exist.", "GetObject", 404)
        body = found.encode()
        return {"Body": io.BytesIO(body), "ContentType": "application/json", "ContentLength": len(body)}
