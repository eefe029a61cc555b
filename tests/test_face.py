"""The face of the package: what another program imports."""

import signal
import subprocess
import sys

import cfnlink
from tests.helpers import ROOT, example_output


def test_each_name_of_the_face_is_there_and_no_other() -> None:
    assert {name for names in cfnlink.MODULES.values() for name in names} == {*cfnlink.__all__}
    assert all(getattr(cfnlink, name) for name in cfnlink.__all__)
    assert not hasattr(cfnlink, "something")


def test_a_program_reads_links_and_prices_a_folder() -> None:
    folder = cfnlink.read(example_output("staging"))
    system = cfnlink.link(folder.stacks())

    assert cfnlink.check_all([folder]) == [[]]
    assert cfnlink.bill_of(folder).total > 0
    assert cfnlink.draw(system, "staging").startswith("<svg")


def test_the_import_of_the_package_loads_no_library() -> None:
    code = "import sys, cfnlink; sys.exit(bool({'yaml', 'click', 'boto3'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


INTERRUPTED = """
import os, signal, cfnlink.__main__, cfnlink.cli
cfnlink.cli.read = lambda _: os.kill(os.getpid(), signal.SIGINT)
cfnlink.__main__.run()
"""


def test_ctrl_c_before_a_command_runs_shows_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], cwd=ROOT, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")
