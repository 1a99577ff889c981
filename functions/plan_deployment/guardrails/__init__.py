"""Deployment guardrails of an update: whether they suit the endpoint as it is, and what UpdateEndpoint gets."""
