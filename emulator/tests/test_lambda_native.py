"""Packages with compiled libraries for another machine."""

import io
import json
import zipfile
from importlib.metadata import version
from typing import Any

from local_aws import LocalAws
from support.callers import error_of
from support.functions import make_role
from support.stacks import StackOf

# The header of a library for a processor on which no tests run: RISC-V.
FOREIGN = b"\x7fELF\x02\x01\x01" + bytes(11) + b"\xf3\x00" + bytes(44)
LIBRARY = "rpds/rpds.cpython-313-riscv64-linux-gnu.so"
SOURCE = "import rpds\n\ndef handler(event, context):\n    return [rpds.List([1]).first, rpds.__file__]\n"


def package(release: str | None) -> bytes:
    """A function that needs rpds-py, with a library for RISC-V; without `release` it belongs to no distribution."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("app.py", SOURCE)
        files.writestr("rpds/__init__.py", "from .rpds import *\n")
        files.writestr(LIBRARY, FOREIGN)
        if release:
            folder = f"rpds_py-{release}.dist-info"
            files.writestr(f"{folder}/METADATA", f"Metadata-Version: 2.4\nName: rpds-py\nVersion: {release}\n")
            files.writestr(
                f"{folder}/RECORD", f"rpds/__init__.py,,\n{LIBRARY},,\n{folder}/METADATA,,\n{folder}/RECORD,,\n"
            )
    return archive.getvalue()


def request(aws: LocalAws, name: str, release: str | None) -> dict[str, Any]:
    return {
        "FunctionName": name,
        "Runtime": "python3.13",
        "Role": make_role(aws, name),
        "Handler": "app.handler",
        "Code": {"ZipFile": package(release)},
    }


def test_a_library_for_another_machine_is_replaced_by_the_same_release_of_this_machine(local_aws: LocalAws) -> None:
    api = local_aws.client("lambda")
    api.create_function(**request(local_aws, "native-replaced", version("rpds-py")))

    answer = api.invoke(FunctionName="native-replaced")

    first, file = json.load(answer["Payload"])
    assert first == 1
    assert "site-packages" in file


def test_another_release_is_refused_when_the_function_is_created(local_aws: LocalAws) -> None:
    refused = error_of(local_aws.client("lambda").create_function, **request(local_aws, "native-other", "0.0.1"))

    code, message, _ = refused
    assert code == "InvalidParameterValueException"
    assert message.startswith(f"{LIBRARY} in the package cannot be loaded by the local AWS, which runs functions on ")
    assert f"rpds-py is {version('rpds-py')} there and 0.0.1 in the package" in message
    assert "-m pip install rpds-py==0.0.1`" in message


def test_new_code_is_checked_like_the_first(local_aws: LocalAws) -> None:
    api = local_aws.client("lambda")
    api.create_function(**request(local_aws, "native-updated", version("rpds-py")))

    code, message, _ = error_of(api.update_function_code, FunctionName="native-updated", ZipFile=package("0.0.2"))

    assert (code, "0.0.2 in the package" in message) == ("InvalidParameterValueException", True)


def test_a_library_that_belongs_to_no_distribution_is_refused(local_aws: LocalAws) -> None:
    refused = error_of(local_aws.client("lambda").create_function, **request(local_aws, "native-loose", None))

    assert refused[0] == "InvalidParameterValueException"
    assert refused[1].endswith("Build the package for this machine.")


def test_a_stack_whose_package_cannot_run_here_is_not_deployed(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="native", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="native", Key="code.zip", Body=package("0.0.3"))
    stack = StackOf(local_aws, "native")
    text = f"""
F:
  Type: AWS::Lambda::Function
  Properties:
    Runtime: python3.13
    Handler: app.handler
    Role: {make_role(local_aws, "native-stack")}
    Code: {{S3Bucket: native, S3Key: code.zip}}
"""

    assert stack.create(text) == "ROLLBACK_COMPLETE"
    assert "0.0.3 in the package" in stack.reason("F", "CREATE_FAILED")
