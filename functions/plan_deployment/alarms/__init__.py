"""Alarms that Slipway creates for an endpoint: their definitions, and the steps that put and delete them."""
