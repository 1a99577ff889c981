"""Start time of each function, compared with a bare boto3 client of the same services."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from bench.table import Table
from tools.stack import ROOT
from tools.transform import transformed

RUNS = 9
PROGRAM = Path(__file__).with_name("cold_process.py")
# Environment variables that Lambda adds to those of the template (Lambda developer guide, environment variables).
LAMBDA = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_SESSION_TOKEN": "local",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "LAMBDA_TASK_ROOT": str(ROOT / "functions"),
    "PYTHONPATH": str(ROOT / "functions"),
}


def functions() -> dict[str, dict[str, str]]:
    """Environment of each handler's module (``check_endpoint.app``)."""
    found = {}
    template = transformed(ROOT / "template.yaml")
    defaults = {name: str(parameter.get("Default")) for name, parameter in template["Parameters"].items()}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Function":
            properties = resource["Properties"]
            variables = properties["Environment"]["Variables"]
            own = {variable: _value(said, defaults) for variable, said in variables.items()}
            module = properties["Handler"].removesuffix(".lambda_handler")
            found[module] = LAMBDA | own | {"AWS_LAMBDA_FUNCTION_NAME": name, "PATH": os.environ["PATH"]}
    return found


def _value(value: Any, defaults: dict[str, str]) -> str:
    """The template's value or a parameter's default; a placeholder for values that only a deployed stack has."""
    return value if isinstance(value, str) else defaults.get(value.get("Ref"), "x")


def in_fresh_process(environment: dict[str, str], *arguments: str) -> Any:
    """Run `cold_process` in a new process with only this environment and return its result."""
    done = subprocess.run(
        [sys.executable, PROGRAM, *arguments], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def table() -> Table:
    """The figures; handler and floor alternate, so that noise affects both."""
    rows = []
    for module, environment in sorted(functions().items()):
        services = in_fresh_process(environment, "services", module)
        cold, floor = [], []
        for _ in range(RUNS):
            cold.append(in_fresh_process(environment, "handler", module))
            floor.append(in_fresh_process(environment, "floor", *services))
        own_seconds = median(run["seconds"] for run in cold)
        floor_seconds = median(run["seconds"] for run in floor)
        rows.append(
            [
                f"{module.split('.')[0]} ({', '.join(services)})",
                f"{own_seconds * 1000:.0f}",
                f"{floor_seconds * 1000:.0f}",
                f"{own_seconds / floor_seconds:.2f}",
                _mebibytes(cold),
                _mebibytes(floor),
            ]
        )
    return Table(
        title="Cold start of each function",
        columns=["Function (clients it makes)", "CPU ms", "floor ms", "ratio", "MiB", "floor MiB"],
        rows=rows,
        reading=(
            f"Median of {RUNS} fresh processes each: processor time to import the handler's module with its clients, "
            "which is Lambda's INIT. The floor imports boto3 and creates clients of the same services in the same "
            "environment; both alternate. Byte code is cached for both. MiB is the peak memory of the process. Compare "
            "the ratios: Lambda provides one processor with 1,769 MB, so 512 MB have 0.29 of one."
        ),
    )


def _mebibytes(runs: list[Any]) -> str:
    peaks = [run["peak_bytes"] for run in runs]
    return "" if None in peaks else f"{median(peaks) / 2**20:.0f}"
