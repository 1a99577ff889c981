"""`make faults`: the whole matrix, on two local AWSs for each processor; prints what broke and a table, exits 1 if any."""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.faults.cases import all_cases
from tests.faults.interruptions import all_interruptions, run_interruption
from tests.faults.removing import all_removals, all_removals_interrupted, run_removal, run_removal_interrupted
from tests.faults.running import run_case
from tests.faults.sequences import run_sequence, sequence
from tests.faults.taking_back import all_taking_back, run_taking_back
from tests.support.deployment import Slipway, deployment

SEQUENCES = 100
# Functions try again in real time, so that much of a case is waiting.
PER_PROCESSOR = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument(
        "--share", type=_share_of, default=(1, 1), help="one share only, of so many of the same size: 1/4, 2/4, ..."
    )
    share = parser.parse_args().share
    workers = PER_PROCESSOR * (os.cpu_count() or 1)
    started = time.monotonic()
    with multiprocessing.Pool(workers) as pool:
        results = [each for part in pool.starmap(_part, [(n, workers, share) for n in range(workers)]) for each in part]
    kinds = Counter(kind for kind, _ in results)
    passed = Counter(kind for kind, is_well in results if is_well)
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


def _part(number: int, of: int, share: tuple[int, int]) -> list[tuple[str, bool]]:
    """What became of every `of`-th case of the share: its kind, and whether all promises held."""
    with deployment() as slipway, deployment(AbortRollsBack="true") as taking_back:
        cases, interruptions = all_cases(slipway), all_interruptions(slipway)
        jobs: list[tuple[Slipway, Any, Callable[..., list[str]]]] = [(slipway, case, run_case) for case in cases]
        jobs += [(slipway, case, run_interruption) for case in interruptions]
        jobs += [(taking_back, case, run_interruption) for case in interruptions if case.by == "stopped"]
        jobs += [(taking_back, case, run_taking_back) for case in all_taking_back(taking_back)]
        jobs += [(slipway, case, run_removal) for case in all_removals(slipway)]
        removals = all_removals_interrupted(slipway)
        jobs += [(slipway, case, run_removal_interrupted) for case in removals]
        jobs += [(taking_back, case, run_removal_interrupted) for case in removals if case.by == "stopped"]
        jobs += [(slipway, sequence(seed, cases), run_sequence) for seed in range(SEQUENCES)]
        mine = jobs[share[0] - 1 :: share[1]][number::of]
        print(f"{len(mine)} of {len(jobs)} cases", flush=True)
        return [_outcome(*job, f"case-{index}") for index, job in enumerate(mine)]


def _outcome(slipway: Slipway, case: Any, run: Callable[..., list[str]], name: str) -> tuple[str, bool]:
    try:
        broken = run(slipway, case, name)
    except TimeoutError as error:  # whatever is waited for there never comes
        broken = [str(error)]
    except Exception as error:
        error.add_note(str(case))
        raise
    print("." if not broken else "\n" + "\n    ".join([str(case), *broken]), end="", flush=True)
    return _kind(case), not broken


def _kind(case: Any) -> str:
    return "sequence" if isinstance(case, list) else str(case.kind.name)


if __name__ == "__main__":
    sys.exit(main())
