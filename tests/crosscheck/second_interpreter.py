"""Run state machines on sfnx, an interpreter independent of the emulator's; needs Python 3.12.

Standard input: [{"definition", "input", "attempts": [{"state", "arguments", and "result" or "error" and "cause"}]}].
Standard output, for each execution: {"states", "calls": [[state, arguments]], "waits": [[state, seconds]], and either
"output" or "error" and "cause"}.
"""

import json
import sys
from typing import Any

from sfnx import testing  # type: ignore[import-not-found, unused-ignore]


def execute(execution: Any) -> dict[str, Any]:
    attempts = list(execution["attempts"])
    waits: list[list[Any]] = []

    def answer(call: Any) -> Any:
        given = taken(attempts, call)
        if "error" in given:
            raise testing.Failure(given["error"], given["cause"])
        return given["result"]

    ended = testing.run(
        execution["definition"],
        execution["input"],
        answer,
        on_wait=lambda wait: waits.append([wait.state, wait.seconds]),
    )
    end = {"output": ended.output} if ended.error is None else {"error": ended.error, "cause": ended.cause}
    calls = [[call.state, call.arguments] for call in ended.calls]
    return {"states": list(ended.states), "calls": calls, "waits": waits, **end}


def taken(attempts: list[dict[str, Any]], call: Any) -> dict[str, Any]:
    """Take the next attempt of the state: the one for the same item of a Map, or else the first, as times differ."""
    of_state = [each for each in attempts if each["state"] == call.state]
    alike = [each for each in of_state if each["arguments"] == call.arguments]
    for chosen in (*alike, *of_state):
        attempts.remove(chosen)
        return chosen
    return {"error": "NoMoreAttempts", "cause": call.state}


if __name__ == "__main__":
    json.dump([execute(each) for each in json.load(sys.stdin)], sys.stdout)
