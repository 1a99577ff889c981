"""Deployment guardrails: whether they suit the endpoint, and their part of UpdateEndpoint."""
