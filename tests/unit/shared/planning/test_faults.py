from shared.planning.faults import MISSING, Fault, of_another_machine


def test_a_request_to_another_machine_is_sent_there_and_asked_for_nothing_else() -> None:
    faults = [Fault("/confirm", "is unknown", "Remove it"), Fault("/productionVariants", MISSING, "Give it")]

    assert of_another_machine(faults, ["confirm"], "a removal", "RemoveEndpointStateMachineArn") == [
        Fault(
            "/confirm",
            "is a field of a removal",
            "For a removal, start the state machine in the stack output RemoveEndpointStateMachineArn",
        )
    ]


def test_a_request_to_this_machine_keeps_its_faults() -> None:
    faults = [Fault("/productionVariants", MISSING, "Give it")]

    assert of_another_machine(faults, ["confirm"], "a removal", "RemoveEndpointStateMachineArn") == faults
