"""`make bench [BENCH="tickets exchange"]`: figures of kxover, one row each; table.py says how they are read.

Where it can be, a figure is a ratio of two things measured in turn in this one run, so that a slow or busy
machine changes both alike; its spread is that of the middle half.  All is real: KDCs, signed DNS, sockets, of the
lab.  Each part is a module beside this one, and prints its rows in `measure(build)`; some go round ROUNDS times.
"""

import argparse
import importlib
from pathlib import Path

from lab import tools
from table import head

PARTS = ("tickets", "exchange", "peers", "capacity", "relay", "growth", "mesh")
LIBRARIES = {"MIT krb5": "krb5", "GnuTLS": "gnutls", "nettle": "nettle", "libunbound": "libunbound",
             "libtasn1": "libtasn1", "libevent": "libevent"}  # as pkg-config knows them


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--build", type=Path, required=True, help="the folder that kxover was built in")
    options.add_argument("--rounds", type=int, help="go round so many times alone, to see whether all still works")
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all without")
    chosen = options.parse_args()
    for part in chosen.parts:
        if part not in PARTS:
            options.error(f"there is no {part}: choose of {', '.join(PARTS)}")
    head(tools.Build.chosen(chosen.build).cli, LIBRARIES)
    for part in chosen.parts or PARTS:
        module = importlib.import_module(part)
        if chosen.rounds and hasattr(module, "ROUNDS"):
            module.ROUNDS = chosen.rounds
        module.measure(chosen.build)


if __name__ == "__main__":
    main()
