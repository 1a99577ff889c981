"""`python -m slipway`."""

from slipway.main import run

run()
