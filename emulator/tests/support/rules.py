"""Rules of EventBridge for tests, and events for them."""

from __future__ import annotations

import json
from typing import Any

from local_aws import LocalAws

EVENTS = "events.amazonaws.com"


def make_rule(local_aws: LocalAws, name: str, *targets: dict[str, Any], **options: Any) -> str:
    """Create a rule with these targets for events whose source is its name; return its ARN."""
    client = local_aws.client("events")
    pattern = options.pop("pattern", {"source": [name]})
    arn = client.put_rule(Name=name, EventPattern=json.dumps(pattern), **options)["RuleArn"]
    numbered = [{"Id": f"target-{number}", **target} for number, target in enumerate(targets)]
    client.put_targets(Rule=name, Targets=numbered)
    return str(arn)


def put_event(local_aws: LocalAws, source: str, **detail: Any) -> str:
    """Put an event; return its id."""
    entry = {"Source": source, "DetailType": "Test", "Detail": json.dumps(detail), "Resources": ["arn:one"]}
    response = local_aws.client("events").put_events(Entries=[entry])
    assert response["FailedEntryCount"] == 0
    return str(response["Entries"][0]["EventId"])
