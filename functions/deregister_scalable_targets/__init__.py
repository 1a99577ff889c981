"""Deregister scalable targets: those that SageMaker would refuse the update for."""
