"""A requested inference component, what the plan does with it, and the requests for SageMaker."""

from collections.abc import Mapping
from dataclasses import dataclass

from plan_deployment.components.alarms import FIELD as ALARMS
from plan_deployment.request.components import Component
from shared.aws import Json
from shared.component_content import content_hash, content_of
from shared.components import base_of
from shared.plan import PlannedComponent


@dataclass(frozen=True)
class Change:
    """A requested component, and what the plan does with it.

    Attributes
    ----------
    name : str
        Its name; if it exists, spelled as when it was created.
    found : Json or None
        DescribeInferenceComponent's answer; None if the component is new.
    is_scaled : bool
        Whether scaling sets the number of its copies.
    is_new_content : bool
        Whether the live component is updated to the requested content.
    initial : int
        Copies of a new component.
    """

    component: Component
    name: str
    found: Json | None
    is_scaled: bool
    is_new_content: bool
    initial: int

    @property
    def copies(self) -> int | None:
        """The number of copies that the plan wants; None if it takes any."""
        if self.component.base or self.is_scaled:
            return None
        return self.initial if self.found is None else self.component.copies

    @property
    def live_copies(self) -> int | None:
        """The desired copies of the live component; None for a new one, and for an adapter."""
        return copies_of(self.found or {})

    @property
    def planned(self) -> PlannedComponent:
        """The plan's view of it."""
        described: PlannedComponent = {
            "name": self.name,
            "variantName": self.component.variant_name,
            "base": self.component.base,
            "copyCount": self.copies,
            "action": "create",
        }
        if self.found is None:
            return described
        if self.is_new_content:
            return {**described, "action": "update"}
        resized = self.copies not in (None, self.live_copies)
        return {**described, "action": "copies" if resized else "keep", "content": content_hash(self.found)}

    def creation(self, endpoint_name: str, tags: list[Json]) -> Json:
        """Return CreateInferenceComponent's body."""
        body = {"InferenceComponentName": self.name, "EndpointName": endpoint_name, **self.component.content}
        if self.component.base is None:  # an adapter is on the instances of its base, and has no copies of its own
            body |= {"VariantName": self.component.variant_name, "RuntimeConfig": {"CopyCount": self.initial}}
        return body | {"Tags": tags}

    def update(self) -> Json:
        """Return UpdateInferenceComponent's body."""
        return self._update(self.component.content, self.copies, self.component.deployment)

    def former(self) -> Json:
        """Return the body that restores the live component; no alarm may stop it."""
        deployment = {name: value for name, value in self.component.deployment.items() if name != ALARMS}
        copies = None if self.copies is None else self.live_copies
        return self._update(content_of(self.found or {}), copies, deployment)

    def _update(self, content: Json, copies: int | None, deployment: Json) -> Json:
        body = {"InferenceComponentName": self.name, **content}
        body |= {} if copies is None else {"RuntimeConfig": {"CopyCount": copies}}
        return body | ({"DeploymentConfig": deployment} if deployment else {})


def restoration(found: Json, tags: Mapping[str, str]) -> Json:
    """Return the body that creates a deleted component again, with one copy at least: SageMaker refuses none."""
    body = {name: found[name] for name in ("InferenceComponentName", "EndpointName")} | content_of(found)
    if base_of(found) is None:
        body |= {"VariantName": found["VariantName"], "RuntimeConfig": {"CopyCount": max(1, copies_of(found) or 1)}}
    # SageMaker sets the tags of AWS itself.
    return body | {"Tags": [{"Key": key, "Value": value} for key, value in tags.items() if not key.startswith("aws:")]}


def deletion(found: Json) -> PlannedComponent:
    """Return the plan's view of a component that is deleted."""
    return {
        "name": found["InferenceComponentName"],
        "variantName": found["VariantName"],
        "base": base_of(found),
        "copyCount": None,
        "action": "delete",
    }


def copies_of(found: Json) -> int | None:
    """Return the desired copies of a component; None for an adapter."""
    copies: int | None = found.get("RuntimeConfig", {}).get("DesiredCopyCount")
    return copies
