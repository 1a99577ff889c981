"""`slipway package`."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from slipway.main import main

SCRIPT = """
def model_fn(model_dir): return 2
def input_fn(body, content_type): return float(body)
def predict_fn(data, model): return data * model
def output_fn(prediction, accept): return str(prediction), accept
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "double" / "code").mkdir(parents=True)
    (tmp_path / "double" / "factor").write_text("2")
    (tmp_path / "double" / "code" / "inference.py").write_text(SCRIPT)
    (tmp_path / "three.csv").write_text("3\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@dataclass
class Result:
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str, framework: str = "sklearn") -> Result:
        with pytest.raises(SystemExit) as ended:
            main(["package", "double", "--framework", framework, *arguments])
        captured = capsys.readouterr()
        return Result(ended.value.code, captured.out, captured.err)

    return run


def test_the_payload_alone_goes_to_standard_output(run: Run) -> None:
    result = run("--sample", "three.csv", "--bucket", "my-bucket")

    assert result.code == 0, result.err
    assert json.loads(result.out)["test"][0]["body"] == "3\n"


def test_the_report_has_size_hash_answer_and_the_command_that_uploads(run: Run) -> None:
    report = run("--sample", "three.csv", "--bucket", "my-bucket", "--out", "out/double model.tar.gz").err

    assert "check     model_fn, input_fn, predict_fn, output_fn" in report
    assert "answer    6.0 (application/json)" in report
    assert "archive   out/double model.tar.gz: 0.3 KiB, 2 files, sha256 " in report
    assert "upload    aws s3 cp 'out/double model.tar.gz' s3://my-bucket/double/" in report


def test_it_warns_that_it_runs_the_script_and_loads_the_model(run: Run) -> None:
    assert "The script runs on this machine and loads the model" in run().err


def test_no_run_checks_the_script_without_running_it(folder: Path, run: Run) -> None:
    (folder / "double" / "code" / "inference.py").write_text(SCRIPT + "raise SystemExit\n")

    result = run("--no-run")

    assert result.code == 0, result.err
    assert "run       not run" in result.err
    assert "The script runs on this machine" not in result.err


def test_a_script_with_faults_is_refused_with_all_of_them(folder: Path, run: Run) -> None:
    (folder / "double" / "code" / "inference.py").write_text("def input_fn(): ...\nasync def output_fn(p, a): ...\n")

    result = run()

    assert result.code == 3
    assert [line.split(": ")[0] for line in result.err.splitlines()[1:]] == [
        "code/inference.py",
        "code/inference.py:1",
        "code/inference.py:2",
    ]
    assert not (folder / "model.tar.gz").exists()


def test_the_json_report_is_one_document(run: Run) -> None:
    document = json.loads(run("--sample", "three.csv", "--output", "json").out)

    assert list(document) == ["archive", "hooks", "trial", "upload", "payload"]
    assert document["archive"]["files"] == ["code/inference.py", "factor"]
    assert document["trial"]["answer"] == "6.0"
    assert document["upload"].startswith("aws s3 cp model.tar.gz s3://amzn-s3-demo-bucket/double/")
    assert document["payload"]["endpointName"] == "double"


def test_faults_are_a_document_too(folder: Path, run: Run) -> None:
    (folder / "double" / "code" / "inference.py").write_text("def model_fn(): ...\n")

    result = run("--output", "json")

    assert result.code == 3
    assert json.loads(result.out) == {
        "faults": [
            {
                "path": "code/inference.py",
                "line": 1,
                "message": "model_fn has 0 parameters, and the container calls model_fn(model_dir)",
                "remedy": "Use 1 parameter",
            }
        ]
    }


def test_an_unknown_framework_is_a_usage_error(run: Run) -> None:
    result = run(framework="keras")

    assert result.code == 2
    assert "'keras' is not one of 'sklearn', 'xgboost', 'pytorch', 'huggingface', 'tensorflow'" in result.err


def test_a_name_that_no_endpoint_can_have_is_a_usage_error(run: Run) -> None:
    result = run("--name", "my_model")

    assert result.code == 2
    assert "a name has up to 48 letters, digits and hyphens, and no hyphen at an end" in result.err


def test_the_name_is_made_of_the_folders_name(folder: Path, run: Run) -> None:
    (folder / "double").rename(folder / "my_model.v2")
    (folder / "double").symlink_to(folder / "my_model.v2")

    assert json.loads(run().out)["endpointName"] == "my-model-v2"
