"""`make test` shows the collection of tests and its result."""

import io

from tools.collecting import Collecting


def test_the_line_ends_with_the_first_test() -> None:
    out = io.StringIO()
    running = Collecting(out)
    running.pytest_xdist_node_collection_finished(["a", "b"])

    running.pytest_runtest_logreport()
    running.pytest_runtest_logreport()
    running.pytest_sessionfinish()

    assert out.getvalue().splitlines()[-1].startswith("tests           2 collected in ")
    assert out.getvalue().count("2 collected in") == 1


def test_the_line_ends_even_if_no_test_runs() -> None:
    out = io.StringIO()

    Collecting(out).pytest_sessionfinish()

    assert out.getvalue().splitlines()[-1].startswith("tests           collect in ")
