"""Plan deployment: validate the input, take the lock, read what exists, and decide and name everything that follows.

`planner` makes the plan. Each subject has a package or module of its own:

source      what is deployed: a request, an approved model package, or an earlier deployment
request     a valid request and its rules
situation   what is asked for, what exists, and so what the deployment does with the endpoint
decisions   everything that the deployment does: scaling, guardrails, alarms, endpoint, models, cleanup
"""
