"""The host of a variant: the containers of its model."""

from __future__ import annotations

from local_aws.sagemaker.serving import stubs
from local_aws.sagemaker.serving.messages import TIMEOUT_SECONDS, Answer, Invocation, NotRunnableError


class Host:
    """Answers the invocations of one variant of an endpoint. Thread-safe."""

    def __init__(self, endpoint_name: str, variant_name: str) -> None:
        self._endpoint_name, self._variant_name = endpoint_name, variant_name

    def invoke(self, invocation: Invocation, timeout_seconds: float = TIMEOUT_SECONDS) -> Answer:
        """Let the variant's containers, or its stub, answer. The caller is busy and does not hold SageMaker's lock.

        Raises
        ------
        HostTimeoutError
            If a container does not answer within `timeout_seconds`.
        NotRunnableError
            If the containers cannot run here and no stub is set.
        """
        stub = stubs.find(self._endpoint_name, self._variant_name)
        if stub:
            return stub.answer(invocation.target_container, timeout_seconds)
        raise NotRunnableError(
            f"Variant {self._variant_name} of endpoint {self._endpoint_name} has no container that can run here. Set "
            "its answer with POST /_emulator/sagemaker/answers."
        )
