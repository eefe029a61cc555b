"""An account that has used its services: it has their service-linked roles.

Only `make emulator` loads this.
"""

from account import make_roles

make_roles()
