"""Program of an execution environment: AWS's runtime client, without optional packages that AWS's runtimes lack.

botocore uses these packages if they are installed, and importing them takes a fifth of a cold start. Here they are
installed for other programs; on AWS a function has them only if its package or a layer contains them.
"""

import os
import runpy
import sys
from importlib.machinery import PathFinder

OPTIONAL = ("awscrt", "OpenSSL")


def hide_absent_packages() -> None:
    """Make the optional packages of botocore impossible to import, unless the function or a layer contains them."""
    own = os.environ["PYTHONPATH"].split(os.pathsep)
    for name in OPTIONAL:
        if PathFinder.find_spec(name, own) is None:
            sys.modules[name] = None  # type: ignore[assignment]


if __name__ == "__main__":
    hide_absent_packages()
    sys.path[0] = os.getcwd()  # as `python -m awslambdaric` has it, instead of this file's folder
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
