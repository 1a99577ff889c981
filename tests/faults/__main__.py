"""`make faults`: run the whole matrix on two local AWSs per processor; print broken promises and a table, exit 1 if any."""

import argparse
import atexit
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.faults.cases import all_cases
from tests.faults.interruptions import all_interruptions, run_interruption
from tests.faults.recovering import all_recoveries, run_recovery
from tests.faults.removing import all_removals, all_removals_interrupted, run_removal, run_removal_interrupted
from tests.faults.running import run_case
from tests.faults.sequences import run_sequence, sequence
from tests.support.deployment import Slipway, deployment

SEQUENCES = 100
# Functions retry in real time: cases mostly wait.
PER_PROCESSOR = 2
# A local AWS becomes slower with every case: a worker is replaced, with new local AWSs, after this many.
CASES_PER_WORKER = 150


@dataclass(frozen=True)
class Job:
    """A case and its stage: one that recovers stopped executions, or one that does not."""

    recovers: bool
    case: Any
    run: Callable[..., list[str]]


_jobs: list[Job] = []  # filled before the workers are forked, which inherit it
_stages: dict[bool, Slipway] = {}  # of this worker


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument(
        "--share", type=_share_of, default=(1, 1), help="run one of several equal shares: 1/4, 2/4, ..."
    )
    number, of = parser.parse_args().share
    started = time.monotonic()
    with deployment(AbortRollsBack="false") as slipway, deployment(AbortRollsBack="true") as recovering:
        every = _all_jobs(slipway, recovering)
    _jobs.extend(every[number - 1 :: of])
    workers = PER_PROCESSOR * (os.cpu_count() or 1)
    print(f"{len(_jobs)} of {len(every)} cases", flush=True)
    kinds: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    with multiprocessing.get_context("fork").Pool(workers, _set_up, maxtasksperchild=CASES_PER_WORKER) as pool:
        for kind, is_well in pool.imap_unordered(_outcome, range(len(_jobs))):
            kinds[kind] += 1
            passed[kind] += is_well
    print(f"\n{'deployment':<36}{'cases':>8}{'passed':>8}")
    for kind in sorted(kinds):
        print(f"{kind:<36}{kinds[kind]:>8}{passed[kind]:>8}")
    print(f"{'all':<36}{kinds.total():>8}{passed.total():>8}  in {time.monotonic() - started:.0f} s")
    return int(passed.total() < kinds.total())


def _share_of(text: str) -> tuple[int, int]:
    number, of = map(int, text.split("/"))
    if not 1 <= number <= of:
        raise ValueError(text)
    return number, of


def _all_jobs(slipway: Slipway, recovering: Slipway) -> list[Job]:
    cases, interruptions = all_cases(slipway), all_interruptions(slipway)
    removals = all_removals_interrupted(slipway)
    jobs = [Job(False, case, run_case) for case in cases]
    jobs += [Job(False, case, run_interruption) for case in interruptions]
    jobs += [Job(True, case, run_interruption) for case in interruptions if case.by == "stopped"]
    jobs += [Job(True, case, run_recovery) for case in all_recoveries(recovering)]
    jobs += [Job(False, case, run_removal) for case in all_removals(slipway)]
    jobs += [Job(False, case, run_removal_interrupted) for case in removals]
    jobs += [Job(True, case, run_removal_interrupted) for case in removals if case.by == "stopped"]
    return jobs + [Job(False, sequence(seed, cases), run_sequence) for seed in range(SEQUENCES)]


def _set_up() -> None:
    """Deploy both stages for this worker; both stop with its process."""
    stay = ExitStack()
    atexit.register(stay.close)
    _stages[False] = stay.enter_context(deployment(AbortRollsBack="false"))
    _stages[True] = stay.enter_context(deployment(AbortRollsBack="true"))


def _outcome(number: int) -> tuple[str, bool]:
    """Run a job; return its kind and whether all promises held."""
    job = _jobs[number]
    try:
        broken = job.run(_stages[job.recovers], job.case, f"case-{number}")
    except (TimeoutError, ClientError, AssertionError) as error:  # one failing case must not end the others
        broken = [f"{type(error).__name__}: {error}"]
    print("." if not broken else "\n" + "\n    ".join([str(job.case), *broken]) + "\n", end="", flush=True)
    return _kind(job.case), not broken


def _kind(case: Any) -> str:
    return "sequence" if isinstance(case, list) else str(case.kind.name)


if __name__ == "__main__":
    sys.exit(main())
