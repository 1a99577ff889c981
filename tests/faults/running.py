"""Run a case: prepare, deploy with the fault, compare, and repeat the request without the fault."""

from tests.faults.cases import Case
from tests.faults.promises import as_wanted, broken
from tests.faults.world import snapshot
from tests.support.deployment import Slipway
from tools import stack


def run_case(slipway: Slipway, case: Case, name: str) -> list[str]:
    """Broken promises of the case, one line each."""
    slipway.clear_faults()
    request = case.kind.prepare(slipway, name)
    stack.make_models(slipway.aws, request)
    before = snapshot(slipway, name)
    case.kind.inject_failure(slipway, request)
    case.inject(slipway)
    with slipway.recorded() as finish:
        run = finish(slipway.start(request))
        # If "Recover execution" always fails, waiting for it would never end.
        if run.status != "SUCCEEDED" and (case.is_once or case.place.role != "RecoverExecutionFunctionRole"):
            slipway.wait_for_rule(run.arn)
    slipway.clear_faults()
    wanted = case.kind.expected(request)
    found = broken(slipway, wanted, run, before, snapshot(slipway, name))
    # After any fault, the same request must succeed once the fault is gone.
    if not case.is_once and run.error != "RollbackFailed":
        again = slipway.wait(slipway.start(request))
        if again["status"] != "SUCCEEDED":
            found.append(f"the same request again: {again.get('error')}: {again.get('cause')}")
        else:
            found += [f"the same request again: {line}" for line in as_wanted(wanted, snapshot(slipway, name))]
    return found
