"""Run state machines on sfnx, an interpreter independent of the emulator's; needs Python 3.12.

Standard input: [{"definition", "input", "answers": {state: [{"result"} or {"error", "cause"}]}}].
Standard output, for each execution: {"states", "calls": [[state, arguments]], "waits": [[state, seconds]], and either
"output" or "error" and "cause"}.
"""

import json
import sys
from typing import Any

from sfnx import testing  # type: ignore[import-not-found, unused-ignore]


def execute(execution: Any) -> dict[str, Any]:
    answers = {state: iter(each) for state, each in execution["answers"].items()}
    waits: list[list[Any]] = []

    def answer(call: Any) -> Any:
        given = next(answers.get(call.state, iter(())), {"error": "NoMoreAnswers", "cause": call.state})
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


if __name__ == "__main__":
    json.dump([execute(each) for each in json.load(sys.stdin)], sys.stdout)
