"""The tiers on which the service and the API depend."""

from dataclasses import dataclass

from templates.account import Account
from templates.database import Database
from templates.load_balancer import LoadBalancer
from templates.network import Network


@dataclass(frozen=True)
class Needed:
    """What they take from other tiers; the API does not use the database."""

    account: Account
    network: Network
    database: Database
    balancer: LoadBalancer
