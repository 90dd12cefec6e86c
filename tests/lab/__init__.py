"""Real Kerberos realms and a real signed DNS, on loopback, without root.

    with Lab(build="build") as lab:
        alice = lab.realm("ALPHA.EXAMPLE").kinit("alice")
        alice.kvno("host/www.bravo.example@BRAVO.EXAMPLE")

`python3 -m lab --help` has it for people.  What can go wrong in the world is in lab.faults.
"""

from .lab import Lab, Terminated
from .process import CommandFailed, ServiceFailed
from .tools import MissingTool
from .waiting import TimedOut, wait_until

__all__ = ["CommandFailed", "Lab", "MissingTool", "ServiceFailed", "Terminated", "TimedOut", "wait_until"]
