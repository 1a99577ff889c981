"""The `slipway` command: a client of a deployed Slipway stack. It contains no deployment logic."""
