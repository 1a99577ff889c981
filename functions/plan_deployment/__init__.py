"""Plan deployment: validate the input, take the lock, read what exists, and decide every step.

`planner` returns the plan. Each subject has a package or module of its own:

source      what is deployed: a request, an approved model package, or an earlier deployment
request     a valid request and its rules
situation   the request, the existing resources, and the action that follows from both
decisions   everything that the deployment does: scaling, guardrails, alarms, endpoint, models, cleanup
"""
