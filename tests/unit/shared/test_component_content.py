from datetime import UTC, datetime
from typing import Any

import pytest

from shared.component_content import content_hash, content_of, has, is_same

Json = dict[str, Any]
NEEDS = {"MinMemoryRequiredInMb": 1024, "NumberOfCpuCoresRequired": 1}
REQUESTED: Json = {"Specification": {"Container": {"Image": "llm:1"}, "ComputeResourceRequirements": NEEDS}}
DEPLOYED = {
    "SpecifiedImage": "llm:1",
    "ResolvedImage": "llm@sha256:1",
    "ResolutionTime": datetime(2026, 11, 1, tzinfo=UTC),
}
DESCRIBED: Json = {
    "InferenceComponentName": "llm",
    "Specification": {
        "Container": {"DeployedImage": DEPLOYED},
        "ComputeResourceRequirements": NEEDS | {"NumberOfCpuCoresRequired": 1.0},
    },
}


def described(**members: Any) -> Json:
    return DESCRIBED | {"Specification": DESCRIBED["Specification"] | members}


def test_the_described_content_has_the_form_of_a_request() -> None:
    assert content_of(DESCRIBED) == REQUESTED


def test_the_case_of_a_base_means_nothing() -> None:
    live, requested = (
        {"Specification": {"BaseInferenceComponentName": name, "Container": {"ArtifactUrl": "s3://a/b"}}}
        for name in ("LLM", "llm")
    )

    assert is_same(live, requested)
    assert content_hash(live) == content_hash(requested)
    assert content_of(live) == live


def test_a_body_without_specifications_has_no_content_and_requests_nothing() -> None:
    assert content_of({"InferenceComponentName": "llm"}) == {}
    assert has(DESCRIBED, {"InferenceComponentName": "llm"})


def test_the_live_content_is_the_requested_one() -> None:
    assert has(DESCRIBED, REQUESTED)
    assert is_same(DESCRIBED, REQUESTED)


@pytest.mark.parametrize(
    "members",
    [
        {"ComputeResourceRequirements": NEEDS | {"MinMemoryRequiredInMb": 2048}},
        {"Container": {"Image": "llm:2"}},
        {"StartupParameters": {"ModelDataDownloadTimeoutInSeconds": 600}},
    ],
)
def test_a_requested_member_that_is_not_live_is_a_difference(members: Json) -> None:
    requested = {"Specification": REQUESTED["Specification"] | members}

    assert not has(DESCRIBED, requested)
    assert not is_same(DESCRIBED, requested)


def test_a_live_member_that_is_not_requested_is_a_difference_only_for_sameness() -> None:
    body = described(Container={"DeployedImage": DEPLOYED, "Environment": {"DEBUG": "1"}})

    assert has(body, REQUESTED)
    assert not is_same(body, REQUESTED)


@pytest.mark.parametrize("member", ["StartupParameters", "SchedulingConfig", "DataCacheConfig"])
def test_members_that_sagemaker_may_fill_in_are_no_difference(member: str) -> None:
    assert is_same(described(**{member: {"EnableCaching": False}}), REQUESTED)


def test_the_order_of_specifications_means_nothing() -> None:
    small, large = ({"ModelName": "m", "InstanceType": f"ml.g5.{size}"} for size in ("xlarge", "2xlarge"))

    one, other = {"Specifications": [small, large]}, {"Specifications": [large, small]}
    assert is_same(one, other)
    assert content_hash(one) == content_hash(other)
    assert not has(one, {"Specifications": [small]})
    assert content_hash(one) != content_hash({"Specifications": [small]})


def test_the_time_at_which_an_image_was_resolved_is_not_part_of_the_content() -> None:
    assert content_hash(DESCRIBED) == content_hash(described(Container={"DeployedImage": {"SpecifiedImage": "llm:1"}}))
