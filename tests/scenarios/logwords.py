"""The words at the end of the line that an exchange leaves in the log (docs/monitoring.md)."""

import re


def words_of(line):
    """The words of one line: what stands after its last semicolon, as a dictionary."""
    return dict(re.findall(r"(\w+)=(\S+)", line.rpartition("; ")[2]))


def reports(log, since):
    """The words of all exchanges that ended since a mark of the log."""
    return [words_of(line) for line in log.lines("; result=", since=since)]
