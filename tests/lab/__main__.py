"""The lab for people: python3 -m lab demo | shell | up."""

import argparse
import signal
import sys

from . import CommandFailed, Lab, MissingTool, ServiceFailed, Terminated, TimedOut
from .demo import StoryBroken, demo
from .lab import REALMS
from .shell import exports, shell
from .tools import INSTALLED


def main():
    """Do what the command line says; returns the exit code."""
    arguments = _parser().parse_args()
    try:
        return arguments.action(arguments)
    except Terminated as ended:
        return 128 + ended.number
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except MissingTool as missing:
        print(f"lab: {missing}", file=sys.stderr)
    except StoryBroken as broken:
        print(f"lab: the demo went wrong: {broken}", file=sys.stderr)
    except (CommandFailed, ServiceFailed, TimedOut) as failed:
        print(f"lab: {failed}", file=sys.stderr)
    return 1


def _demo(arguments):
    demo(arguments.build, arguments.keep)
    return 0


def _shell(arguments):
    with _lab(arguments) as lab:
        return shell(lab)


def _up(arguments):
    with _lab(arguments) as lab:
        print(exports(lab))
        print(f"# The lab is up in {lab.folder}; Ctrl-C ends it.", flush=True)
        while True:
            signal.pause()


def _lab(arguments):
    return Lab(arguments.realms, build=arguments.build, module=arguments.module, keep=arguments.keep)


def _parser():
    parser = argparse.ArgumentParser(
        prog="lab", description="Kerberos realms and a signed DNS on this machine, for as long as you like.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, action, text in (("demo", _demo, "two realms meet, step by step"),
                               ("shell", _shell, "a shell in the lab"),
                               ("up", _up, "the lab, until Ctrl-C; prints the environment to use it with")):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(action=action)
        programs = command.add_mutually_exclusive_group()
        programs.add_argument("--build", metavar="DIR",
                              help="where kxover was built (default: $KXOVER_BUILD, or here)")
        programs.add_argument("--installed", dest="build", action="store_const", const=INSTALLED,
                              help="use kxover as it is installed on this machine")
        command.add_argument("--keep", action="store_true", help="leave the lab's folder behind")
        if action is not _demo:
            command.add_argument("--module", choices=("kxover", "db2"), default="kxover",
                                 help="db2: the same realms without kxover")
            command.add_argument("realms", nargs="*", metavar="REALM", default=REALMS,
                                 help=f"the realms to build (default: {' '.join(REALMS)})")
    return parser


if __name__ == "__main__":
    sys.exit(main())
