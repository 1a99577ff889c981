"""What of a live endpoint lives on: its fleet, and its scaling."""

from dataclasses import dataclass

from plan_deployment import existing, fleet, hosts, retention, scaling, scaling_change, scaling_warnings
from plan_deployment.request import Request
from plan_deployment.retention import Retention
from plan_deployment.running import Content
from plan_deployment.scaling_change import Change, Scene
from plan_deployment.services import Services
from shared.aws import Json
from shared.errors import InvalidRequest
from shared.planning import snapshot
from shared.planning.faults import message
from shared.planning.snapshot import Snapshot


@dataclass(frozen=True)
class Upkeep:
    """What lives on, and what changes.

    Attributes
    ----------
    scaling : Json
        The plan's `scaling`.
    retention : Retention
        What an update keeps of the fleet.
    counts : dict of str to int
        Instances that an update begins with, by the variant's name.
    scaled : set of str
        Names of variants that scale when all is done.
    warnings : list of str
        What is not as the request may be meant.
    """

    scaling: Json
    retention: Retention
    counts: dict[str, int]
    scaled: set[str]
    warnings: list[str]


def upkeep_of(
    request: Request, content: Content, endpoint: Json | None, updated: Json | None, services: Services
) -> Upkeep:
    """What lives on of the endpoint.

    Parameters
    ----------
    endpoint, updated : Json or None
        DescribeEndpoint's answer; the second only where the endpoint is to be updated.

    Raises
    ------
    EndpointNotUpdatable
        When an endpoint on instances is to become serverless.
    InvalidRequest
        When somebody's step policy would have to be deregistered.
    """
    config, endpoint_name = content.config, content.endpoint_name
    before = content.described(updated["EndpointConfigName"]) if updated else None
    if updated and hosts.is_serverless(config):
        existing.refuse_change_to_serverless(updated)
    registered = Snapshot()
    if endpoint:
        known = [*hosts.all_variants(config), *hosts.all_variants(endpoint), *hosts.all_variants(before)]
        registered = snapshot.take(services.autoscaling, endpoint_name, hosts.by_name(known))
    variants = config["ProductionVariants"]
    wanted = scaling.wanted(endpoint_name, variants, request.scaling, registered.policies)
    scene = Scene(endpoint_name, registered, before, config, wanted, is_update=updated is not None)
    faults = list(scaling_change.step_policy_faults(scene))
    if faults:
        raise InvalidRequest(message("The request", faults))
    change = scaling_change.decide(scene)
    has_fleet = updated is not None and not hosts.is_serverless(config) and not existing.is_serverless(updated)
    kept = retention.retention(scene, change, endpoint, has_fleet=has_fleet)
    warnings = [*kept.warnings, *scaling_warnings.warnings(scene)]
    if updated and existing.is_serverless(updated) and not hosts.is_serverless(config):
        warnings.append("SageMaker makes no endpoint on instances serverless: once updated, this one cannot go back.")
    counts = fleet.counts(variants, endpoint if kept.keeps_counts else None)
    return Upkeep(_plan(scene, change), kept, counts, retention.scaled(scene, change), warnings)


def _plan(scene: Scene, change: Change) -> Json:
    return {
        "targets": change.targets,
        "policies": change.policies,
        "scheduledActions": change.scheduled_actions,
        "summary": [each.summary() for each in scene.wanted],
        "deregister": change.deregister,
        "remove": {"policies": change.remove_policies, "targets": change.remove_targets},
        "snapshot": scene.snapshot.body(),
    }
