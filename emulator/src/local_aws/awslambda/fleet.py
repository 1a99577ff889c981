"""All execution environments: started on demand, kept warm, ended when their function changes."""

from __future__ import annotations

import os
import threading
from collections import Counter, OrderedDict

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction, lambda_backends

from local_aws.awslambda import code
from local_aws.awslambda.environment import Environment
from local_aws.awslambda.revision import Revision, revision_of

# AWS starts an environment for each parallel invocation. Here, more environments than processors make nothing
# faster and take some 70 MB each, so the others wait, in no virtual time. Measured with
# fifty executions of seven functions on two processors: 2 of each function 10 s, 4 of each 13 s, 8 of each
# 27 s. Above four, they wait for the server, which uses one processor.
ENVIRONMENTS_PER_FUNCTION = min(max(os.cpu_count() or 1, 2), 4)
# A function that invokes itself would wait forever if its callers occupied all its environments.
PATIENCE_SECONDS = 1
WARM_ENVIRONMENTS = 24  # of all functions together; the longest idle one is ended


class TooManyRequestsError(LambdaClientError):
    """The reserved concurrency is used up (Lambda API reference, Invoke)."""

    code = 429

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.")


class Fleet:
    """All environments of all functions; thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._warm: OrderedDict[Environment, None] = OrderedDict()  # the longest idle first
        self._busy: Counter[Revision] = Counter()
        self._retired: set[Environment] = set()  # busy, for a function that has changed since
        self._at_work: set[Environment] = set()
        self._running: Counter[str] = Counter()  # invocations by function, waiting ones included

    def enter(self, function: LambdaFunction) -> None:
        """Count an invocation of `function`. The caller calls `leave` at its end.

        Raises
        ------
        TooManyRequestsError
            If the reserved concurrency is used up.
        """
        latest = lambda_backends[function.account_id][function.region].get_function(function.function_name)
        limit = latest.reserved_concurrency  # of all versions together
        with self._changed:
            if limit is not None and self._running[latest.function_arn] >= int(limit):
                raise TooManyRequestsError
            self._running[latest.function_arn] += 1

    def leave(self, function: LambdaFunction) -> None:
        with self._changed:
            self._running[":".join(function.function_arn.split(":")[:7])] -= 1

    def acquire(self, function: LambdaFunction) -> Environment:
        """An environment of the function's current revision: a warm one, or a new one."""
        revision = revision_of(function)
        with self._changed:
            while not self._changed.wait_for(lambda: self._is_available(revision), PATIENCE_SECONDS):
                if all(each.waits_for_function for each in self._at_work if each.revision == revision):
                    break
            self._busy[revision] += 1
            environment = self._take_warm(revision)
        try:
            environment = environment or Environment(revision, code.task_root(function), code.layer_roots(function))
        except OSError:  # no memory or no descriptors for another process
            with self._changed:
                self._busy[revision] -= 1
            raise
        with self._changed:
            self._at_work.add(environment)
        return environment

    def release(self, environment: Environment, *, reusable: bool) -> None:
        """Take an environment back, to keep it warm or to end it."""
        with self._changed:
            self._busy[environment.revision] -= 1
            self._at_work.discard(environment)
            if reusable and environment not in self._retired:
                self._warm[environment] = None
                surplus = []
            else:
                self._retired.discard(environment)
                surplus = [environment]
            while len(self._warm) > WARM_ENVIRONMENTS:
                surplus.append(self._warm.popitem(last=False)[0])
            self._changed.notify_all()
        for each in surplus:
            each.end()

    def retire(self, function_arn: str) -> None:
        """End the environments of a changed or deleted function, busy ones when they are done."""
        with self._changed:
            idle = [each for each in self._warm if each.revision.function_arn == function_arn]
            for each in idle:
                del self._warm[each]
            self._retired |= {each for each in self._at_work if each.revision.function_arn == function_arn}
        for each in idle:
            each.end()

    def _is_available(self, revision: Revision) -> bool:
        return self._busy[revision] < ENVIRONMENTS_PER_FUNCTION

    def _take_warm(self, revision: Revision) -> Environment | None:
        for environment in reversed(self._warm):
            if environment.revision == revision and environment.is_usable:
                del self._warm[environment]
                return environment
        return None


fleet = Fleet()
