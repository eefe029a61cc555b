"""The face of the package: what another program imports."""

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
