"""Sanitizers: what programs need that load a module built with them, and what they found.

krb5kdc and its kind know nothing of sanitizers.  So the runtime library, which must be there before all else, is
loaded before their own, and so it is for every program on a realm's machines.  Whatever it finds goes into a file
beside the logs, and a lab in which there is one fails when it ends: many a process whose report matters is one
whose exit code nobody asks for.
"""

import json
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPORT = "sanitizer"


class SanitizerReport(AssertionError):
    """A sanitizer found something; the text is all of it."""


class LeftOut(unittest.SkipTest):
    """Something that the lab cannot do with the sanitizers that a build was made with; the text says why.  Whoever runs
    the tests counts and names what it ends (run.py), for which unittest leaves the text alone."""

    PREFIX = "with sanitizers: "

    def __init__(self, reason):
        super().__init__(self.PREFIX + reason)


class Sanitizers:
    """The sanitizers that a build was made with; `checks` is "" for none."""

    def __init__(self, checks="", runtime=""):
        """`checks` as -fsanitize has them; `runtime` has the libraries for programs made without, "" for none."""
        self.checks = checks
        self.runtime = runtime

    @classmethod
    def of_build(cls, folder):
        """Those that the build in `folder` says it was made with."""
        file = Path(folder) / "sanitizers.conf"
        return cls(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else cls()

    def options(self, folder):
        """The environment of every program that may have been made with them; reports go into `folder`."""
        if not self.checks:
            return {}
        # Stacks are walked the slow way, and so not far, as krb5's libraries keep no frame pointers: without the
        # functions on the way nothing could be suppressed by name.
        common = {"log_path": Path(folder) / REPORT, "log_exe_name": 1}
        return {
            "ASAN_OPTIONS": _joined(common, detect_leaks=1, fast_unwind_on_malloc=0, malloc_context_size=12,
                                    strict_string_checks=1, handle_abort=1),
            "LSAN_OPTIONS": _joined(common, suppressions=HERE / "leaks.supp", print_suppressions=0),
            "TSAN_OPTIONS": _joined(common, suppressions=HERE / "races.supp", second_deadlock_stack=1,
                                    die_after_fork=0),
            # Beside AddressSanitizer its reports go to stderr whatever it is told, so it is that which must notice.
            "UBSAN_OPTIONS": _joined(common, print_stacktrace=1, abort_on_error=1),
        }

    def env(self, folder):
        """The environment of every program that may load a module made with them."""
        return self.preload(self.options(folder), self.runtime)

    def preload(self, env, library):
        """`env` with one more library, or several, to be loaded before a program's own.

        libasan must be the first of all.  libtsan must not be, or libfaketime, which needs it when it has not begun,
        falls."""
        libraries = [env.get("LD_PRELOAD", ""), str(library)]
        if "libtsan" in self.runtime:
            libraries.reverse()
        joined = " ".join(name for name in libraries if name)
        return {**env, "LD_PRELOAD": joined} if joined else env

    @staticmethod
    def check(folder):
        """SanitizerReport if one was written to `folder`."""
        reports = sorted(Path(folder).glob(f"{REPORT}.*"))
        if reports:
            raise SanitizerReport("\n".join(
                f"{file.name.removeprefix(f'{REPORT}.')}: {file.read_text(encoding='utf-8', errors='replace')}"
                for file in reports))


def _joined(common, **options):
    return ":".join(f"{name}={value}" for name, value in {**common, **options}.items())
