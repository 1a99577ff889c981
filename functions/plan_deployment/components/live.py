"""The inference components that exist before a deployment, and what does not allow it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from plan_deployment.request.components import Component
from plan_deployment.variants import hosts_components
from shared import components
from shared.aws import Client, Json
from shared.components import base_of
from shared.endpoints import same_name
from shared.errors import EndpointNotUpdatable, InvalidRequest
from shared.planning import ownership
from shared.planning.faults import Fault, message


@dataclass(frozen=True)
class LiveComponents:
    """DescribeInferenceComponent's answers for the components of the endpoint.

    Attributes
    ----------
    requested : dict of str to Json
        Those that the request names, by the name in lower case.
    removed : list of Json
        Those that Slipway created and that the request does not name.
    external : list of Json
        Those that another user or tool created and that the request does not name.
    """

    requested: dict[str, Json] = field(default_factory=dict)
    removed: list[Json] = field(default_factory=list)
    external: list[Json] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """Names of those that this deployment can scale, change or delete."""
        return [each["InferenceComponentName"] for each in [*self.requested.values(), *self.removed]]

    @property
    def changing(self) -> Json | None:
        """A component that is being created, updated, scaled or deleted; None if there is none."""
        every = [*self.requested.values(), *self.removed]
        return next((each for each in every if each["InferenceComponentStatus"] in components.CHANGING), None)

    def of(self, component: Component) -> Json | None:
        """The live component of the name; None if it is new."""
        return self.requested.get(component.name.lower())

    def require_possible(self, requested: Iterable[Component], config: Json) -> None:
        """Check that SageMaker can change the components as requested.

        Parameters
        ----------
        config : Json
            The requested config.

        Raises
        ------
        InvalidRequest, EndpointNotUpdatable
            If a component would change its variant or its base, would lose one of them, or has failed.
        """
        requested = list(requested)
        faults = [
            *_moved(self, requested),
            *_rebased(self, requested),
            *_without_variant(self, config),
            *_bases_in_use(self),
        ]
        if faults:
            raise InvalidRequest(message("The request", faults))
        for each in self.requested.values():
            if each["InferenceComponentStatus"] == components.FAILED:
                name, reason = each["InferenceComponentName"], each.get("FailureReason", "SageMaker gives no reason")
                raise EndpointNotUpdatable(
                    f"Inference component {name} is Failed ({reason.rstrip('.')}), and SageMaker accepts no update of "
                    f"it. Delete it, then start again: {_deletion(name)}"
                )


def live_components(
    sagemaker: Client, endpoint_name: str, requested: Iterable[Component], *, is_new: bool
) -> LiveComponents:
    """Return the components of the endpoint.

    Parameters
    ----------
    endpoint_name : str
        If the endpoint exists, spelled as when it was created.
    is_new : bool
        Whether the endpoint is to be created.

    Raises
    ------
    EndpointNotUpdatable
        If components are left of an earlier endpoint of the name: DeleteEndpoint leaves them (huggingface/skills, pull
        request 215), and what they do on a new endpoint is not documented.
    InvalidRequest
        If a component of the request has the name of a component elsewhere.
    """
    wanted = {each.name.lower(): each for each in requested}
    found = {each["InferenceComponentName"].lower(): each for each in components.of_endpoint(sagemaker, endpoint_name)}
    if is_new and found:
        names = [each["InferenceComponentName"] for each in components.bases_last(found.values())]
        raise EndpointNotUpdatable(
            f"Inference components of an earlier endpoint {endpoint_name} are left: {', '.join(names)}. Delete them, "
            f"then start again: {'; '.join(map(_deletion, names))}"
        )
    faults = list(_elsewhere(sagemaker, [each for name, each in wanted.items() if name not in found]))
    if faults:
        raise InvalidRequest(message("The request", faults))
    others = [each for name, each in found.items() if name not in wanted]
    external = ownership.external_components(sagemaker, others)
    return LiveComponents(
        {name: each for name, each in found.items() if name in wanted},
        [each for each in others if each not in external],
        external,
    )


def require_same_host(name: str, config: Json, *, has_components: bool) -> None:
    """Check that an update does not change what the endpoint hosts: models of its variants, or inference components.

    Parameters
    ----------
    config : Json
        The live config.

    Raises
    ------
    EndpointNotUpdatable
        If it does. AWS does not document such an update.
    """
    if hosts_components(config) == has_components:
        return
    kinds = ("models of its variants", "inference components")
    hosted, wanted = kinds if has_components else kinds[::-1]
    raise EndpointNotUpdatable(
        f"Endpoint {name} hosts {hosted}, and the request has {wanted}. Deploy under another name, or remove the "
        "endpoint first."
    )


def _elsewhere(sagemaker: Client, new: Iterable[Component]) -> Iterator[Fault]:
    for component in new:
        found = components.describe(sagemaker, component.name)
        if found:
            name = found["InferenceComponentName"]
            problem = f'"{name}" is the name of an inference component of endpoint {found["EndpointName"]}'
            remedy = f"Choose another name, or delete that one: {_deletion(name)}"
            yield Fault(f"{component.pointer}/name", problem, remedy)


def _moved(live: LiveComponents, requested: Iterable[Component]) -> Iterator[Fault]:
    for component in requested:
        found = live.of(component)
        if found and found["VariantName"] != component.variant_name:
            problem = f"the component is on variant {found['VariantName']}, and SageMaker cannot move it"
            yield Fault(
                f"{component.pointer}/variantName", problem, "Keep the variant, or give the component a new name"
            )


def _rebased(live: LiveComponents, requested: Iterable[Component]) -> Iterator[Fault]:
    """Yield components whose base changes: AWS documents the base of an adapter as a choice of its creation."""
    for component in requested:
        found = live.of(component)
        if found and (base_of(found) or "").lower() != (component.base or "").lower():
            base = base_of(found)
            problem = f"the component is an adapter of {base}" if base else "the component is no adapter"
            yield Fault(
                f"{component.pointer}/Specification",
                f"{problem}, and an update cannot change that",
                "Keep it, or give the component a new name",
            )


def _without_variant(live: LiveComponents, config: Json) -> Iterator[Fault]:
    variants = [variant["VariantName"] for variant in config["ProductionVariants"]]
    for each in [*live.removed, *live.external]:
        if each["VariantName"] not in variants:
            name, variant = each["InferenceComponentName"], each["VariantName"]
            problem = f"variant {variant} is missing, and inference component {name} is on it"
            remedy = f"Keep the variant, and remove it when the component is deleted: {_deletion(name)}"
            yield Fault("/productionVariants", problem, remedy)


def _bases_in_use(live: LiveComponents) -> Iterator[Fault]:
    for adapter in live.external:
        base = base_of(adapter)
        if any(same_name(base, each["InferenceComponentName"]) for each in live.removed):
            name = adapter["InferenceComponentName"]
            problem = f"{base} is missing, and the adapter {name}, which Slipway did not create, needs it"
            yield Fault("/inferenceComponents", problem, f"Keep it, or delete the adapter first: {_deletion(name)}")


def _deletion(name: str) -> str:
    return f"aws sagemaker delete-inference-component --inference-component-name {name}"
