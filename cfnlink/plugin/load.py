"""Load the rules where cfnlink is not installed: `cfn-lint --append-rules cfnlink/plugin`.

cfn-lint loads each file of such a folder outside its package. In the folder of the rules it
would load every rule twice, so this folder holds only this file. The rules come from this
clone, even where another version of cfnlink is installed.
"""

import sys
from pathlib import Path

CLONE = str(Path(__file__).resolve().parents[2])
sys.path.insert(0, CLONE)

from cfnlink.rules import RULES

sys.path.remove(CLONE)
globals().update(RULES)
