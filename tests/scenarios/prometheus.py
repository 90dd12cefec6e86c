"""Prometheus's text exposition format 0.0.4, read as strictly as it may be written.

What a scraper would forgive is an error here: a family without help or type, figures of one family that do not
stand together, a series that comes twice, histograms that do not add up."""

import math
import re
import urllib.request

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})\{{((?:{LABEL})(?:,{LABEL})*)\}} (\S+)")
TYPES = ("counter", "gauge", "histogram")


class Malformed(ValueError):
    """It is not as it should be."""


class Figures:
    """One scrape: families with their types, and series with their values."""

    def __init__(self, text):
        self.types = {}
        self.series = {}
        self._family = self._helped = None
        if not text.endswith("\n"):
            raise Malformed("the last line has no end")
        for line in text[:-1].split("\n"):
            self._read(line)
        for name, kind in self.types.items():
            self._check(name, kind)

    def get(self, name, **labels):
        """The only figure of that name with these labels, whatever others it has."""
        found = self.all(name, **labels)
        if len(found) != 1:
            raise KeyError(f"{name} {labels}: {found}")
        return next(iter(found.values()))

    def all(self, name, **labels):
        """All figures of that name with these labels."""
        return {key: value for key, value in self.series.items()
                if key[0] == name and labels.items() <= dict(key[1]).items()}

    def names(self):
        """The names of all series, those of histograms in all their forms."""
        return {name for name, _ in self.series}

    def _read(self, line):
        if line.startswith("# HELP "):
            name, _, words = line[7:].partition(" ")
            if not re.fullmatch(NAME, name) or not words or name in self.types:
                raise Malformed(line)
            self._helped = name
        elif line.startswith("# TYPE "):
            name, _, kind = line[7:].partition(" ")
            if name != self._helped or kind not in TYPES:
                raise Malformed(line)
            self.types[name] = kind
            self._family, self._helped = name, None
        else:
            self._sample(line)

    def _sample(self, line):
        match = SAMPLE.fullmatch(line)
        if not match or self._helped is not None:
            raise Malformed(line)
        name, value = match[1], float(match[match.lastindex])
        suffixes = ("_bucket", "_sum", "_count") if self.types.get(self._family) == "histogram" else ("",)
        if name not in [f"{self._family}{suffix}" for suffix in suffixes] or math.isnan(value):
            raise Malformed(line)
        labels = re.findall(LABEL, match[2])
        if len({label for label, _ in labels}) != len(labels):
            raise Malformed(line)
        key = (name, frozenset(labels))
        if key in self.series:
            raise Malformed(f"{line}: it is there twice")
        self.series[key] = value

    def _check(self, name, kind):
        if (kind == "counter") != name.endswith("_total"):
            raise Malformed(f"{name}: a counter's name ends in _total, and no other's")
        own = [key for key in self.series if key[0].startswith(name)]
        if not own:
            raise Malformed(f"{name} has no figures")
        if kind == "counter" and any(self.series[key] < 0 for key in own):
            raise Malformed(f"{name} is below zero")
        if kind == "histogram":
            self._check_histogram(name)

    def _check_histogram(self, name):
        buckets = {}
        for (series, labels), value in self.series.items():
            if series == f"{name}_bucket":
                bound = float(dict(labels)["le"])
                buckets.setdefault(frozenset(label for label in labels if label[0] != "le"), []).append((bound, value))
        for labels, values in buckets.items():
            bounds = [bound for bound, _ in values]
            counts = [count for _, count in values]
            if bounds != sorted(set(bounds)) or counts != sorted(counts) or bounds[-1] != math.inf:
                raise Malformed(f"{name} {labels}: its buckets do not rise to +Inf")
            if self.series[(f"{name}_count", labels)] != counts[-1] or (f"{name}_sum", labels) not in self.series:
                raise Malformed(f"{name} {labels}: sum or count is not right")


def scrape(port):
    """What kxoverd tells at that port."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        kind = answer.headers["Content-Type"]
        if kind != "text/plain; version=0.0.4; charset=utf-8":
            raise Malformed(f"Content-Type: {kind}")
        return Figures(answer.read().decode())
