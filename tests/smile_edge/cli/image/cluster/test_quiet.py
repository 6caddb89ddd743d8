"""What native code and other libraries print is kept back; what the command says is not."""

import subprocess
import sys

from program_runs import environment

CODE = """
import os, sys, warnings
from smile_edge.cli.image.cluster.quiet import quiet_ray

with quiet_ray():
    os.write(2, b"native")
    print("printed")
    warnings.warn("a warning")
    print("said", file=sys.stderr)
os.write(2, b"after\\n")
print("out")
"""


def test_only_what_is_said_through_python_comes() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], env=environment(), capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("out\n", "said\nafter\n")
