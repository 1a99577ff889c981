"""Runs a case: the world before, the deployment that meets the fault, the world after, and the same request again."""

from tests.faults.cases import Case
from tests.faults.promises import as_wanted, broken
from tests.faults.world import look
from tests.support.deployment import Slipway
from tools import stack


def run_case(slipway: Slipway, case: Case, name: str) -> list[str]:
    """The promises that the case breaks, a line each."""
    slipway.heal()
    request = case.kind.prepare(slipway, name)
    stack.make_models(slipway.aws, request)
    before = look(slipway, name)
    case.kind.spoil(slipway, request)
    case.inject(slipway)
    with slipway.recorded() as finish:
        run = finish(slipway.start(request))
        # Where "Recover execution" can never do its work, nobody can wait for it.
        if run.status != "SUCCEEDED" and (case.is_once or case.place.role != "RecoverExecutionFunctionRole"):
            slipway.wait_for_rule(run.arn)
    slipway.heal()
    wanted = case.kind.wants(request)
    found = broken(slipway, wanted, run, before, look(slipway, name))
    # Whatever went wrong, the same request leads to what it asks for, once nothing is wrong any more.
    if not case.is_once and run.error != "RollbackFailed":
        again = slipway.wait(slipway.start(request))
        if again["status"] != "SUCCEEDED":
            found.append(f"the same request again: {again.get('error')}: {again.get('cause')}")
        else:
            found += [f"the same request again: {line}" for line in as_wanted(wanted, look(slipway, name))]
    return found
