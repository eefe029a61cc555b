"""Load the rules where cfnlink is not installed: `cfn-lint --append-rules cfnlink/plugin`.

cfn-lint loads each file of such a folder outside its package. In the folder of the rules it
would load every rule twice, so this folder holds only this file.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from cfnlink.rules import RULES

globals().update(RULES)
