"""Waiting for something to become true, never for a time to pass."""

import time

# Long enough for a busy machine; nobody waits that long unless something is broken.
PATIENCE = 30.0


class TimedOut(Exception):
    """What was waited for did not happen."""


def wait_until(condition, what, timeout=PATIENCE):
    """Ask `condition` until its answer is true, and return that answer.

    `what` completes the sentence "waited N s for ..." of the TimedOut raised otherwise; it is a string or
    a function that makes one at that moment."""
    deadline = time.monotonic() + timeout
    pause = 0.005
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise TimedOut(f"waited {timeout:g} s for {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
