from shared.planning.faults import MISSING, Fault, of_another_machine


def test_a_request_for_another_state_machine_has_only_that_fault() -> None:
    faults = [Fault("/confirm", "is unknown", "Remove it"), Fault("/productionVariants", MISSING, "Give it")]

    assert of_another_machine(faults, ["confirm"], "a removal", "RemoveEndpointStateMachineArn") == [
        Fault(
            "/confirm",
            "is a field of a removal",
            "For a removal, start the state machine in the stack output RemoveEndpointStateMachineArn",
        )
    ]


def test_a_request_for_this_state_machine_keeps_its_faults() -> None:
    faults = [Fault("/productionVariants", MISSING, "Give it")]

    assert of_another_machine(faults, ["confirm"], "a removal", "RemoveEndpointStateMachineArn") == faults
