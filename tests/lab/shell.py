"""A shell in a running lab."""

import os
import shlex
import signal
import subprocess

from . import tools


def shell(lab):
    """Let whoever is at the terminal look around; returns the shell's exit code when they leave it."""
    rcfile = lab.folder / "shellrc"
    rcfile.write_text(_rcfile(lab))
    print(welcome(lab), flush=True)
    # Ctrl-C is the shell's and its commands'; to us it means nothing as long as they run.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen([tools.find("bash"), "--rcfile", rcfile, "-i"], cwd=lab.folder,
                               env={**_terminal(), **lab.realms[0].env}, preexec_fn=_listen_to_ctrl_c)
    try:
        return process.wait()
    finally:
        # A shell that is told so hangs up on what it has started.
        process.send_signal(signal.SIGHUP)
        process.wait()
        signal.signal(signal.SIGINT, before)


def welcome(lab):
    """What to try, in a few lines."""
    first, second = lab.realms[0], lab.realms[-1]
    here, there = nickname(first), nickname(second)
    return f"""\
The realms {", ".join(realm.name for realm in lab.realms)} are running. You are at a machine of {first.name}.
Users alice and bob of each realm have the password that `passwords` shows. Try:
  kinit alice                          log in
  kvno host/{second.service_host}@{second.name}
                                       get a ticket from the other realm
  klist                                what you have got
  {there} kadmin.local listprincs         any command, at a machine of {second.name}
  {here} kdb5_util tabdump keyinfo      the keys in the database of {first.name}
  dns SRV _kerberos._tcp.{second.domain}
                                       ask the DNS, and hear whether the answer is secure
  ls {lab.folder}
                                       logs, databases, zones, configuration
Leave with exit or Ctrl-D; everything is gone then."""


def exports(lab):
    """The environment of the first realm's machines, for a shell to read."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in lab.realms[0].env.items())


def nickname(realm):
    """What the shell calls a realm: alpha for ALPHA.EXAMPLE."""
    return realm.domain.partition(".")[0].replace("-", "_")


def _rcfile(lab):
    lines = ["PS1='lab$ '", "unset HISTFILE"]
    for realm in lab.realms:
        settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in realm.env.items())
        lines.append(f'{nickname(realm)}() {{ env {settings} "$@"; }}')
    lines.append(f'dns() {{ {tools.find("unbound-host")} -C {lab.dns.resolver_conf} -v -t "$1" "$2"; }}')
    passwords = "\n".join(f"{user}@{realm.name}  {realm.password(user)}"
                          for realm in lab.realms for user in realm.users)
    lines.append(f"passwords() {{ echo {shlex.quote(passwords)}; }}")
    return "\n".join(lines) + "\n"


def _terminal():
    """What the shell must know of the terminal."""
    return {name: os.environ[name] for name in ("TERM", "COLUMNS", "LINES") if name in os.environ}


def _listen_to_ctrl_c():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
