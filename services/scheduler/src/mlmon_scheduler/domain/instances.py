"""EC2 instances, as their signed identity documents tell of them."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final

from mlmon_shared.wire.pools import AdmittedInstances

_ID: Final = re.compile(r"i-[0-9a-f]{8,17}")


@dataclass(frozen=True)
class Instance:
    """What a pool may ask of an instance.

    Attributes:
        id: Which agents on it have, too.
        account: Of AWS: 12 digits.
        image: That it was started from.
        kind: Its type, such as `g5.xlarge`.
    """

    id: str
    account: str
    region: str
    image: str
    kind: str


def read_instance(document: str) -> Instance:
    """Return the instance that a document tells of; only what is signed is worth reading.

    Raises:
        ValueError: It is no identity document.
    """
    try:
        said = json.loads(document)
        names = ("instanceId", "accountId", "region", "imageId", "instanceType")
        values = [said[name] for name in names]
    except (KeyError, TypeError, RecursionError) as error:
        message = f"it lacks {error}" if isinstance(error, KeyError) else "it is no JSON object"
        raise ValueError(message) from error
    if not all(isinstance(value, str) for value in values) or _ID.fullmatch(values[0]) is None:
        message = "it names no instance"
        raise ValueError(message)
    return Instance(*values)


def explain_mismatch(instance: Instance, admitted: AdmittedInstances) -> str | None:
    """Return why a pool does not take an instance, in the instance's own words; None if it does.

    Nothing is told of what the pool takes, and nothing at all to other accounts than its own.
    """
    if instance.account not in admitted.accounts:
        return f"its account is {instance.account}"
    wrong = [
        f"its {name} is {value}"
        for name, value, taken in (
            ("region", instance.region, admitted.regions),
            ("image", instance.image, admitted.images),
            ("type", instance.kind, admitted.types),
        )
        if taken and value not in taken
    ]
    return ", ".join(wrong) or None


def hash_nonce(nonce: str) -> str:
    """Return the SHA-256 of an agent's nonce in hexadecimal, as it is kept."""
    return hashlib.sha256(nonce.encode()).hexdigest()


def explain_claim(agent_id: str) -> str:
    """Return why nobody else is taken for an agent that is there."""
    return (
        f"another agent is registered as {agent_id}, and has not been lost; stop it, or wait until "
        "it counts as lost (stop_after of its pool), if its state folder is gone"
    )
