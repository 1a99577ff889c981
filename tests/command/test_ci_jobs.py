"""The jobs in docs/ci.md: their scripts run against the local AWS, with the role of the page, and without the services."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_aws import ACCOUNT_ID
from tests.command.process import Command
from tests.support import project
from tests.support.deployment import Slipway
from tools import stack

PAGE = (project.ROOT / "docs" / "ci.md").read_text()
GITHUB, GITLAB = (yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.S | re.M))
(POLICY,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.S | re.M)
INSTALLS = ("pipx install", "pip install")
# The services keep the comment in a file, and know the number of the request that was merged.
GH = r"""#!/bin/sh
case "$1 $2" in
  "pr comment") [ "$4" = --body-file ] && cp "$5" "$COMMENT" ;;
  "api repos/$GITHUB_REPOSITORY/commits/$GITHUB_SHA/pulls") echo 7 ;;
  "pr view") [ "$3" = 7 ] && PYTHON -c 'import json,os; print(json.dumps({"comments": [{"body": open(os.environ["COMMENT"]).read()}]}))' ;;
  *) echo "gh $*" >&2; exit 1 ;;
esac
"""
CURL = r"""#!/bin/sh
case "$*" in
  *"body=<plan.md $NOTES/7/notes"*) cp plan.md "$COMMENT" ;;
  *"/repository/commits/$CI_COMMIT_SHA/merge_requests"*) echo '[{"id":70,"iid":7,"project_id":1}]' ;;
  *"$NOTES/7/notes?"*) PYTHON -c 'import json,os; print(json.dumps([{"body": open(os.environ["COMMENT"]).read()}]))' ;;
  *) echo "curl $*" >&2; exit 1 ;;
esac
"""
SLIPWAY = '#!/bin/sh\nexec PYTHON -m slipway "$@"\n'


@pytest.fixture
def credentials(slipway: Slipway) -> dict[str, str]:
    """Credentials with only the permissions of the page."""
    iam, name = slipway.aws.client("iam"), "slipway-ci"
    account = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
    trust = {"Effect": "Allow", "Principal": account, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    try:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=name)["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="deploy", PolicyDocument=POLICY)
    given = slipway.aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="job")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


class Service:
    """Runs the scripts of a job as the service does: `sh -e`, in a folder with the payload."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        commands = folder / "bin"
        commands.mkdir()
        for name, text in {"gh": GH, "curl": CURL, "slipway": SLIPWAY}.items():
            (commands / name).write_text(text.replace("PYTHON", sys.executable))
            (commands / name).chmod(stat.S_IRWXU)
        self.environment = environment | {
            "PATH": f"{commands}{os.pathsep}{environment['PATH']}",
            "COMMENT": str(folder / "comment.md"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        }

    def run(self, *scripts: str) -> None:
        for script in scripts:
            if not script.startswith((*INSTALLS, "printf")):
                done = subprocess.run(
                    ["bash", "-e", "-c", script], cwd=self.folder, env=self.environment, capture_output=True, text=True
                )
                assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"


def service(
    folder: Path, name: str, slipway: Slipway, credentials: dict[str, str], variables: dict[str, str]
) -> Service:
    """A service with a payload for an endpoint of its own, and the variables of its jobs, those of the stack replaced."""
    request = project.event("deploy_endpoint") | {"endpointName": name}
    stack.make_models(slipway.aws, request)
    (folder / "endpoints").mkdir()
    (folder / "endpoints" / "payload.yaml").write_text(yaml.safe_dump(request))
    given = {key: value for key, value in variables.items() if "{{" not in value}
    environment = Command(slipway).environment | credentials | given | {"SLIPWAY_STACK": stack.STACK_NAME}
    return Service(folder, environment)


def steps(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def test_the_github_jobs_plan_a_change_and_deploy_exactly_this_plan(
    slipway: Slipway, credentials: dict[str, str], tmp_path: Path
) -> None:
    runner = service(tmp_path, "ci-github", slipway, credentials, GITHUB["env"])
    runner.environment |= {"NUMBER": "7", "GITHUB_REPOSITORY": "me/endpoints", "GITHUB_SHA": "abc"}

    runner.run(*steps(GITHUB["jobs"]["plan"]))
    assert slipway.endpoint("ci-github") is None
    assert "### Plan for endpoint `ci-github`" in (tmp_path / "comment.md").read_text()
    assert (tmp_path / "summary.md").read_text() == (tmp_path / "comment.md").read_text()

    runner.run(*steps(GITHUB["jobs"]["deploy"]))
    assert slipway.endpoint("ci-github") is not None


def test_the_gitlab_jobs_plan_a_change_and_deploy_exactly_this_plan(
    slipway: Slipway, credentials: dict[str, str], tmp_path: Path
) -> None:
    variables = {name: value for name, value in GITLAB["variables"].items() if not name.startswith("AWS_")}
    runner = service(tmp_path, "ci-gitlab", slipway, credentials, variables)
    runner.environment |= {
        "AWS_REGION": GITLAB["variables"]["AWS_REGION"],
        "NOTES": "https://gitlab.example/api/v4/projects/1/merge_requests",
        "CI_API_V4_URL": "https://gitlab.example/api/v4",
        "CI_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_COMMIT_SHA": "abc",
        "GITLAB_TOKEN": "secret",
    }

    runner.run(*GITLAB["plan"]["script"])
    assert slipway.endpoint("ci-gitlab") is None
    assert "### Plan for endpoint `ci-gitlab`" in (tmp_path / "comment.md").read_text()

    runner.run("\n".join(GITLAB["deploy"]["script"]))
    assert slipway.endpoint("ci-gitlab") is not None


def test_the_github_workflow_has_the_members_that_github_requires() -> None:
    triggers = GITHUB[True]  # YAML 1.1 reads the key `on` as true; GitHub does not

    assert set(triggers) == {"pull_request", "push"}
    for job in GITHUB["jobs"].values():
        assert job["runs-on"] == "ubuntu-latest"
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"]) for step in job["steps"] if "uses" in step)


def test_the_gitlab_jobs_have_scripts_and_rules() -> None:
    jobs = {name: job for name, job in GITLAB.items() if name not in ("default", "variables")}

    assert set(jobs) == {"plan", "deploy"}
    assert all(isinstance(line, str) for job in jobs.values() for line in job["script"])
    assert all("if" in rule for job in jobs.values() for rule in job["rules"])
