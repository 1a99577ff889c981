from plan_deployment.request.component_room import sizes
from tools import instance_sizes


def test_the_sizes_are_those_of_the_pinned_data_of_ec2() -> None:
    assert instance_sizes.PATH.read_text() == instance_sizes.text(), "run python -m tools.instance_sizes"


def test_memory_is_in_mib_and_accelerators_that_are_not_counted_are_unknown() -> None:
    assert sizes()["ml.g5.xlarge"] == [16384, 4, 1]
    assert sizes()["ml.m5.large"] == [8192, 2, 0]
    assert sizes()["ml.trn1.2xlarge"][2] is None
