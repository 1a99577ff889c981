"""Whether an image runs on what the variants of its model run on, as far as its URI says."""

from collections.abc import Iterable
from dataclasses import dataclass

from plan_deployment.models.findings import ModelFaultError
from plan_deployment.models.images import CPU, GPU, GRAVITON, SERVERLESS, known_image, processor_of, region_of_image
from plan_deployment.request.components import Component
from plan_deployment.variants import variants_of
from shared.aws import Json

GIB = 2**30
WORDS = {CPU: "x86 CPUs", GPU: "GPUs", GRAVITON: "Graviton"}


@dataclass(frozen=True)
class Placement:
    """What a variant, or a pool of its instances, runs a model on.

    Attributes
    ----------
    instance_type : str
        Or ``serverless``.
    volume_gb : int or None
        Size of its volume, if the request gives it.
    """

    variant_name: str
    instance_type: str
    volume_gb: int | None = None


def placements_of(config: Json, model_name: str, components: Iterable[Component] = ()) -> list[Placement]:
    """Return what the variants of a config, or inference components on them, run the model on.

    Parameters
    ----------
    config : Json
        The body of CreateEndpointConfig.
    model_name : str
        The model, as the variants or components name it.
    """
    places = [
        (place.get("ModelNameOverride", variant.get("ModelName")), _placement(variant, place))
        for variant in variants_of(config)
        for place in variant.get("InstancePools", [variant])
    ]
    found = [placement for name, placement in places if name == model_name]
    for component in components:
        of_variant = [placement for _, placement in places if placement.variant_name == component.variant_name]
        for specification in component.specifications:
            if specification.get("ModelName") == model_name:
                only = specification.get("InstanceType")
                found += [each for each in of_variant if only in (None, each.instance_type)]
    return list(dict.fromkeys(found))


def _placement(variant: Json, place: Json) -> Placement:
    return Placement(variant["VariantName"], place.get("InstanceType", SERVERLESS), variant.get("VolumeSizeInGB"))


def require_fit(uri: str, placements: Iterable[Placement], region: str, pointer: str) -> None:
    """Check that the image can be pulled in the Region and runs on every placement.

    Raises
    ------
    ModelFaultError
        If it cannot, as far as its URI says. Slipway does not know the processors of images that are not AWS's.
    """
    its_region = region_of_image(uri)
    if its_region not in (None, region):
        problem = f"{uri} is in {its_region}, and the endpoint is in {region}"
        raise ModelFaultError(pointer, problem, f"Name an image in {region}")
    known = known_image(uri)
    for placement in placements:
        processor = processor_of(placement.instance_type)
        if known and not _runs_on(known.processors, processor):
            kinds = " and ".join(WORDS[each] for each in sorted(known.processors))
            problem = f"{uri} is for {kinds}, and variant {placement.variant_name} runs on {placement.instance_type}"
            raise ModelFaultError(pointer, problem, "Choose an instance type or an image that suits the other")


def require_room(size: int, placements: Iterable[Placement], pointer: str) -> None:
    """Check that artifacts of so many bytes fit into the volumes.

    Raises
    ------
    ModelFaultError
        If they do not, even before an archive is unpacked.
    """
    for placement in placements:
        if placement.volume_gb is not None and size > placement.volume_gb * GIB:
            name, volume_gb = placement.variant_name, placement.volume_gb
            problem = f"has {size / GIB:.1f} GB, and the volume of variant {name} has {volume_gb} GB"
            raise ModelFaultError(pointer, problem, "Raise VolumeSizeInGB; an archive needs room for its content, too")


def _runs_on(processors: frozenset[str], processor: str) -> bool:
    """Whether an image for these processors runs; an image for x86 CPUs does on instances with accelerators, too."""
    if processor == GRAVITON:
        return GRAVITON in processors
    return CPU in processors or processor in processors
