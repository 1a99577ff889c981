from local_aws import LocalAws
from support.hosting import refused
from support.stacks import StackOf

HANDLE = "Resources: {Handle: {Type: AWS::CloudFormation::WaitConditionHandle}}"


def exporting(aws: LocalAws, name: str) -> StackOf:
    stack = StackOf(aws, name)
    stack.create(f"{HANDLE}\nOutputs: {{O: {{Value: shared, Export: {{Name: !Sub '${{AWS::StackName}}-O'}}}}}}")
    return stack


def importing(aws: LocalAws, name: str, export: str) -> StackOf:
    stack = StackOf(aws, name)
    stack.create(f"{HANDLE}\nOutputs: {{I: {{Value: !ImportValue {export}}}}}")
    return stack


def test_a_stack_imports_the_export_of_another(local_aws: LocalAws) -> None:
    giver = exporting(local_aws, "giver")

    taker = importing(local_aws, "taker", "giver-O")

    assert taker.outputs == {"I": "shared"}
    exports = giver.api.list_exports()["Exports"]
    assert {"ExportingStackId": giver.described["StackId"], "Name": "giver-O", "Value": "shared"} in exports
    assert giver.api.list_imports(ExportName="giver-O")["Imports"] == ["taker"]


def test_a_stack_with_an_export_in_use_cannot_be_deleted(local_aws: LocalAws) -> None:
    giver = exporting(local_aws, "kept-giver")
    taker = importing(local_aws, "kept-taker", "kept-giver-O")

    assert giver.delete() == "CREATE_COMPLETE"

    assert giver.described["StackStatusReason"] == (
        "Delete canceled. Cannot delete export kept-giver-O as it is in use by kept-taker."
    )
    taker.delete()
    assert giver.delete() == "DELETE_COMPLETE"


def test_an_export_in_use_cannot_change(local_aws: LocalAws) -> None:
    giver = exporting(local_aws, "fixed-giver")
    importing(local_aws, "fixed-taker", "fixed-giver-O")

    status = giver.update(f"{HANDLE}\nOutputs: {{O: {{Value: other, Export: {{Name: fixed-giver-O}}}}}}")

    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert giver.reason("fixed-giver", "UPDATE_ROLLBACK_IN_PROGRESS") == (
        "Export fixed-giver-O cannot be updated as it is in use by fixed-taker. "
    )
    assert giver.outputs == {"O": "shared"}


def test_an_export_name_is_unique(local_aws: LocalAws) -> None:
    exporting(local_aws, "owner")
    second = StackOf(local_aws, "second-owner")

    assert second.create(f"{HANDLE}\nOutputs: {{O: {{Value: x, Export: {{Name: owner-O}}}}}}") == "ROLLBACK_COMPLETE"

    assert second.reason("second-owner", "ROLLBACK_IN_PROGRESS") == (
        "Export with name owner-O is already exported by stack owner. Rollback requested by user."
    )


def test_a_missing_export_cannot_be_imported(local_aws: LocalAws) -> None:
    stack = importing(local_aws, "hopeful", "nothing")

    assert stack.status == "ROLLBACK_COMPLETE"

    assert stack.reason("hopeful", "ROLLBACK_IN_PROGRESS") == (
        "No export named nothing found. Rollback requested by user."
    )
    with refused("ValidationError", "Export 'nothing' is not imported by any stack."):
        stack.api.list_imports(ExportName="nothing")
