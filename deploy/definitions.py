"""What a RabbitMQ of ours is told at every start: its user, its vhosts, and how long a message that was parked is kept.

RabbitMQ makes no user of its own where it is given definitions, so the user stands in them. Python alone is needed:
`make secrets` runs before anything is installed.
"""

import base64
import hashlib
import os
from collections.abc import Sequence

USER = "credit"
# What is parked holds people's data and goes after so long: by a policy, since no argument of a queue changes.
PARKED_SECONDS = 14 * 24 * 3600


def definitions(password: str, vhosts: Sequence[str]) -> dict[str, list[dict[str, object]]]:
    """A hash is preceded by its four-byte salt."""
    salt = os.urandom(4)
    hashed = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    algorithm = "rabbit_password_hashing_sha256"
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    return {
        "users": [{"name": USER, "password_hash": hashed, "hashing_algorithm": algorithm, "tags": "administrator"}],
        "vhosts": [{"name": vhost} for vhost in vhosts],
        "permissions": [{"user": USER, "vhost": vhost, **everything} for vhost in vhosts],
        "policies": [
            {
                "vhost": vhost,
                "name": "parked",
                "pattern": r"[.]parked$",
                "apply-to": "queues",
                "priority": 0,
                "definition": {"message-ttl": PARKED_SECONDS * 1000},
            }
            for vhost in vhosts
        ],
    }
