"""The inference components in a request."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from plan_deployment.request.fields import COMPONENTS, components, production_variants
from shared.aws import Json
from shared.components import base_of
from shared.endpoints import same_name

CONTENT = ("Specification", "Specifications")


@dataclass(frozen=True)
class Component:
    """A requested inference component.

    Attributes
    ----------
    pointer : str
        Its JSON pointer in the request.
    variant_name : str
        The variant whose instances run it; for an adapter that of its base.
    copies : int or None
        None if the request does not say, and for an adapter.
    content : Json
        ``Specification`` or ``Specifications``, as SageMaker takes them.
    deployment : Json
        DeploymentConfig of an update; empty if the request has none.
    """

    pointer: str
    name: str
    variant_name: str
    copies: int | None
    content: Json
    deployment: Json

    @property
    def base(self) -> str | None:
        """The component that an adapter belongs to; None for any other component."""
        return base_of(self.content)

    @property
    def specifications(self) -> list[Json]:
        """The one specification, or one for each instance type."""
        found: list[Json] = self.content.get("Specifications") or [self.content["Specification"]]
        return found

    @property
    def model_names(self) -> list[str]:
        """Its models, or their keys in the request."""
        return [each["ModelName"] for each in self.specifications if "ModelName" in each]

    def with_names(self, names: Mapping[str, str]) -> "Component":
        """Return the component with the names of the models in place of the keys in a request."""
        return self._changed(
            each | {"ModelName": names.get(each["ModelName"], each["ModelName"])} if "ModelName" in each else each
            for each in self.specifications
        )

    def with_model(self, name: str) -> "Component":
        """Return the component with the approved model in each specification without a model and a container."""
        return self._changed({"ModelName": name} | each if lacks_model(each) else each for each in self.specifications)

    def hashed(self) -> list[Any]:
        """Return what a hash of the request covers."""
        return [self.name, self.variant_name, self.copies, self.content]

    def _changed(self, specifications: Iterable[Json]) -> "Component":
        found = list(specifications)
        return replace(
            self, content={"Specifications": found} if "Specifications" in self.content else {"Specification": found[0]}
        )


def lacks_model(specification: Json) -> bool:
    """Whether a specification of a profile gets the approved model."""
    return not {"ModelName", "Container", "BaseInferenceComponentName"} & specification.keys()


def requested_components(request: Json) -> tuple[Component, ...]:
    """Return the inference components in a valid request."""
    return tuple(_requested(request)) if COMPONENTS in request else ()


def _requested(request: Json) -> Iterator[Component]:
    found = dict(components(request))
    for pointer, component in found.items():
        yield Component(
            pointer=pointer,
            name=component["name"],
            variant_name=_variant_name(request, component),
            copies=component.get("copyCount"),
            content={name: component[name] for name in CONTENT if name in component},
            deployment=component.get("DeploymentConfig", {}),
        )


def _variant_name(request: Json, component: Json) -> str:
    base = base_of(component)
    of_base = [each for _, each in components(request) if base is not None and same_name(each["name"], base)]
    if of_base:
        return _variant_name(request, of_base[0])
    only = next(variant["VariantName"] for _, variant in production_variants(request))
    return str(component.get("variantName", only))
