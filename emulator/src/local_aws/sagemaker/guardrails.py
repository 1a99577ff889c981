"""A deployment with guardrails in progress: its stages on the virtual clock, and its rollback.

SageMaker developer guide: deployment-guardrails and its pages on blue/green and rolling deployments.
`stages` defines the stages.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from local_aws.core.clock import clock
from local_aws.core.operations import lock
from local_aws.sagemaker import alarms, deployment_config, durations, lifecycle, outcomes, stages, state_changes
from local_aws.sagemaker.deployment_config import DeploymentConfig
from local_aws.sagemaker.endpoints import Endpoint
from local_aws.sagemaker.names import Backend
from local_aws.sagemaker.serving import Launch
from local_aws.sagemaker.stages import Fleet, Stage
from local_aws.sagemaker.variants import Variant


def begin(backend: Backend, endpoint: Endpoint, config: DeploymentConfig) -> None:
    """Start the pending deployment of the endpoint with the guardrails of `config`."""
    assert endpoint.pending is not None
    outcome = outcomes.take(endpoint.endpoint_name, "update")
    endpoint.pending.guarded = deployment = Deployment(backend, endpoint, config, outcome)
    endpoint.failure_reason = None
    lifecycle.set_status(endpoint, "Updating")
    deployment.start()


class Deployment:
    """An update with guardrails. Its methods are called with the lock held.

    Attributes
    ----------
    stage : Stage
        The current stage.
    reason : str or None
        Why it is being rolled back; None if it is not.
    """

    def __init__(
        self, backend: Backend, endpoint: Endpoint, config: DeploymentConfig, outcome: outcomes.Outcome
    ) -> None:
        self._backend, self._endpoint, self._config, self._outcome = backend, endpoint, config, outcome
        after = outcome.after_seconds
        self._provision_seconds = durations.SECONDS["instance"] if after is None else after
        self._fleets = _fleets(endpoint, config)
        self._remaining = self._forward()
        self._failing_stage = _stage_that_fails(
            self._remaining, outcome.outcome, rolling="RollingUpdatePolicy" in config
        )
        self._timers: list[Callable[[], None]] = []
        self._turn = 0  # timers of earlier turns are ignored, even if they fire while they are being cancelled
        self._final_status = "InService"
        assert endpoint.pending is not None
        self._launch = Launch(endpoint.pending.hosts if outcome.outcome == "succeeds" else [])
        self._shortage = endpoint.pending.shortage
        self.stage: Stage = self._remaining[0]
        self.reason: str | None = None

    def start(self) -> None:
        """Enter the first stage. Roll back at once if an alarm is in ``ALARM``."""
        self._enter_next()
        timeout = deployment_config.policy(self._config).get("MaximumExecutionTimeoutInSeconds")
        if timeout is not None:
            self._after(timeout, partial(self._time_out, timeout))
        for name in alarms.tripped(self._backend, deployment_config.alarm_names(self._config))[:1]:
            self.alarm_tripped(name)

    def alarm_tripped(self, name: str) -> None:
        """Roll back if `name` is one of the deployment's alarms and the old fleet still exists."""
        if name in deployment_config.alarm_names(self._config) and self._can_roll_back():
            self._roll_back(
                f"One or more alarms of the automatic rollback configuration went into ALARM during the deployment: "
                f'"{name}". The deployment was rolled back to endpoint configuration '
                f'"{self._endpoint.endpoint_config_name}".'
            )

    def _time_out(self, timeout: int) -> None:
        if self._can_roll_back():
            self._roll_back(
                f"The deployment did not finish within MaximumExecutionTimeoutInSeconds ({timeout}). It was rolled "
                f'back to endpoint configuration "{self._endpoint.endpoint_config_name}".'
            )

    def _forward(self) -> list[Stage]:
        policy = deployment_config.policy(self._config)
        if "RollingUpdatePolicy" in self._config:
            return stages.rolling(self._fleets[0], policy, self._provision_seconds)
        return stages.blue_green(self._fleets, policy, self._provision_seconds)

    def _can_roll_back(self) -> bool:
        return self.reason is None and not self.stage.final

    def _roll_back(self, reason: str, final_status: str = "InService") -> None:
        self.reason, self._final_status = reason, final_status
        size = deployment_config.policy(self._config).get("RollbackMaximumBatchSize")
        old = self._fleets[0].old
        # API reference, RollingUpdatePolicy: without a size, the whole capacity at once
        batch = deployment_config.instances(size, old) if size else max(old, 1)
        provision_seconds = durations.SECONDS["instance"]
        self._remaining = stages.rollback(self._fleets, self.stage.capacities, batch, provision_seconds)
        if final_status == "UpdateRollbackFailed":
            del self._remaining[1:]  # the fleet of the first stage does not start either
        self._cancel_timers()
        self._enter_next()

    def _enter_next(self) -> None:
        self.stage = stage = self._remaining.pop(0)
        for variant in self._pending_variants():
            variant.active_count = stage.capacities[variant.name].active
            variant.show_status(stage.status, stage.messages[variant.name])
        for live in (*self._endpoint.variants, *self._endpoint.shadow_variants):
            if live.name in stage.capacities:
                live.resize(stage.capacities[live.name].old)
        state_changes.deployment_changed(self._endpoint)
        if stage.status != "Creating" or self.reason is not None or self._outcome.outcome != "never_finishes":
            self._after(stage.seconds, self._end_stage)

    def _end_stage(self) -> None:
        """Continue after the end of a stage."""
        lost = lifecycle.deleted_config_reason(self._backend, self._endpoint)
        if self.reason is not None:
            self._continue()
        elif lost:
            self._roll_back(lost)
        elif self.stage is self._failing_stage:
            self._fail_launch()
        elif self.stage.status == "Creating":
            self._launch.when_done(partial(self._act, self._turn, self._end_launch))
        else:
            self._continue()

    def _end_launch(self) -> None:
        """Continue, or roll back when SageMaker gives up on containers that did not start."""
        failure = self._shortage or self._launch.failure
        if failure is None:
            self._continue()
        else:
            self._after(failure.seconds, partial(self._roll_back, failure.reason))

    def _continue(self) -> None:
        if self._remaining:
            self._enter_next()
        else:
            self._finish()

    def _fail_launch(self) -> None:
        """Fail the launch of the new fleet, as the scripted outcome says."""
        reason = lifecycle.health_check_reason(self._endpoint)
        if self._outcome.outcome == "fails":
            self.reason, self._final_status = reason, "Failed"
            self._finish()
        else:
            self._roll_back(
                reason, "UpdateRollbackFailed" if self._outcome.outcome == "rollback_fails" else "InService"
            )

    def _finish(self) -> None:
        self._cancel_timers()
        if self.reason is None:
            self._endpoint.apply_pending()
        elif self._final_status == "InService":
            self._endpoint.apply_desired()
        self._endpoint.failure_reason = self.reason
        self._endpoint.drop_pending()
        lifecycle.set_status(self._endpoint, self._final_status)

    def _pending_variants(self) -> list[Variant]:
        assert self._endpoint.pending is not None
        return [*self._endpoint.pending.variants, *self._endpoint.pending.shadow_variants]

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        self._timers.append(clock.call_later(seconds, partial(self._act, self._turn, action)))

    def _act(self, turn: int, action: Callable[[], None]) -> None:
        with lock:
            if turn == self._turn and lifecycle.is_stored(self._backend, self._endpoint):
                action()

    def _cancel_timers(self) -> None:
        """Cancel all timers. An idle virtual clock would jump to each."""
        self._turn += 1
        for cancel in self._timers:
            cancel()
        self._timers.clear()


def _fleets(endpoint: Endpoint, config: DeploymentConfig) -> list[Fleet]:
    assert endpoint.pending is not None
    fleets = [_fleet(variant, endpoint.variant(variant.name), config) for variant in endpoint.pending.variants]
    shadows = {variant.name: variant for variant in endpoint.shadow_variants}
    # a shadow variant answers no client, so it is activated at once
    return fleets + [_fleet(variant, shadows.get(variant.name), {}) for variant in endpoint.pending.shadow_variants]


def _fleet(variant: Variant, live: Variant | None, config: DeploymentConfig) -> Fleet:
    total: int = variant.instance_count["Desired"]
    step = deployment_config.step(config)
    activations: tuple[int, ...] = (total,)
    if step:
        member, size = step
        count = deployment_config.instances(size, total)
        activations = (count, total) if member == "CanarySize" else stages.steps(total, count)
    return Fleet(variant.name, total, live.instance_count["Current"] if live else 0, activations)


def _stage_that_fails(way: list[Stage], outcome: str, *, rolling: bool) -> Stage | None:
    """The launch that fails. If the rollback fails, too, it is one that leaves a mix of old and new instances."""
    if outcome not in ("fails", "rolls_back", "rollback_fails"):
        return None
    launches = [stage for stage in way if stage.status == "Creating"]
    return launches[1] if rolling and outcome == "rollback_fails" else launches[0]
