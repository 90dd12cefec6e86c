"""docs/vectors/, read."""

import json
import os

from party import SOURCE

FOLDER = os.path.join(SOURCE, "docs", "vectors")


def load(name):
    with open(os.path.join(FOLDER, name + ".json")) as file:
        return json.load(file)


def exchanges():
    """Name and contents of each exchange."""
    names = sorted(name[:-5] for name in os.listdir(FOLDER)
                   if name.startswith("exchange-") and name.endswith(".json"))
    return [(name[len("exchange-"):], load(name)) for name in names]


def held(side):
    """A side's keys of before, by version and encryption type."""
    return {(key["kvno"], key["etype"]): bytes.fromhex(key["key"])
            for key in side["holds"]}


def private_keys():
    """PKCS #8 by the key's name."""
    return {key["name"]: bytes.fromhex(key["pkcs8"])
            for key in load("keys")["signing-keys"]}
