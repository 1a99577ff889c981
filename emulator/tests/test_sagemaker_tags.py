"""Tags on endpoints, configs, models and packages, by ARNs in lower case."""

from collections.abc import Callable

import pytest

from support.hosting import Hosting, arn, refused

FIRST, SECOND = {"Key": "first", "Value": "1"}, {"Key": "second", "Value": "2"}


def make_model(hosting: Hosting) -> str:
    return arn(f"model/{hosting.model('Tagged-Model', Tags=[FIRST]).lower()}")


def make_config(hosting: Hosting) -> str:
    return arn(f"endpoint-config/{hosting.config('Tagged-Config', Tags=[FIRST]).lower()}")


def make_endpoint(hosting: Hosting) -> str:
    hosting.config("tagged-1")
    return str(
        hosting.sagemaker.create_endpoint(EndpointName="Tagged", EndpointConfigName="tagged-1", Tags=[FIRST])[
            "EndpointArn"
        ]
    )


def make_group(hosting: Hosting) -> str:
    made = hosting.sagemaker.create_model_package_group(ModelPackageGroupName="Tagged-Group", Tags=[FIRST])
    return str(made["ModelPackageGroupArn"])


@pytest.mark.parametrize("make", [make_model, make_config, make_endpoint, make_group])
def test_tags_given_at_creation_can_be_added_to_changed_and_deleted(
    hosting: Hosting, make: Callable[[Hosting], str]
) -> None:
    resource = make(hosting)
    sagemaker = hosting.sagemaker
    assert resource == resource.lower()
    assert sagemaker.list_tags(ResourceArn=resource)["Tags"] == [FIRST]

    changed = {"Key": "first", "Value": "changed"}
    assert sagemaker.add_tags(ResourceArn=resource, Tags=[SECOND, changed])["Tags"] == [changed, SECOND]
    sagemaker.delete_tags(ResourceArn=resource, TagKeys=["first"])

    assert sagemaker.list_tags(ResourceArn=resource)["Tags"] == [SECOND]


def test_there_are_at_most_fifty_tags(hosting: Hosting) -> None:
    hosting.model("most-tags", Tags=[{"Key": f"key-{number}", "Value": ""} for number in range(50)])

    with refused("ValidationException", "A resource cannot have more than 50 tags."):
        hosting.sagemaker.add_tags(ResourceArn=arn("model/most-tags"), Tags=[FIRST])


def test_tags_of_a_missing_resource_are_refused(hosting: Hosting) -> None:
    with refused("ValidationException", f'Could not find endpoint "{arn("endpoint/no-such")}".'):
        hosting.sagemaker.list_tags(ResourceArn=arn("endpoint/no-such"))


def test_moto_tags_other_resources(hosting: Hosting) -> None:
    made = hosting.sagemaker.create_experiment(ExperimentName="an-experiment")

    hosting.sagemaker.add_tags(ResourceArn=made["ExperimentArn"], Tags=[FIRST])

    assert hosting.sagemaker.list_tags(ResourceArn=made["ExperimentArn"])["Tags"] == [FIRST]
