"""What a plan does with the inference components of an endpoint."""

from dataclasses import dataclass, field

from shared.plan import PlannedComponent, Step


@dataclass(frozen=True)
class ComponentPlan:
    """Steps for the endpoint's inference components; nothing for an endpoint that has none.

    Attributes
    ----------
    components : list of PlannedComponent
        The requested components in the order of the request, then those that are deleted.
    seconds : int
        The longest time that the steps can take, for the default deadline.
    """

    steps: list[Step] = field(default_factory=list)
    components: list[PlannedComponent] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: int = 0
