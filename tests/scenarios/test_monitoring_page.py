"""docs/monitoring.md, its dashboard and its alerts name what kxoverd really tells, and all of it."""

import json
import re
import unittest

from lab import faults, peers, wait_until
from scenario import BRAVO
from test_metrics import TOP, Measured

FOLDER = TOP / "docs" / "monitoring"
PAGE = TOP / "docs" / "monitoring.md"
# What Prometheus itself adds.
PROMETHEUS_OWN = {"up", "ALERTS"}
LABELS_OF_PROMETHEUS = {"instance", "job"}


def alerts():
    """The alerts: pairs of name and expression."""
    text = (FOLDER / "alerts.yml").read_text(encoding="utf-8")
    found = re.findall(r"^      - alert: (\w+)\n        expr: (.+)$", text, re.MULTILINE)
    if len(found) != text.count("alert:"):
        raise AssertionError("an alert is not written as the others")
    return found


def panels():
    """The expressions of the dashboard: pairs of a panel's title and one of its expressions."""
    board = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
    return [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]


class Page(Measured):
    """One scrape with all figures that there can be: there are crossovers, and one cannot be renewed."""

    lifetime_min = "10s"

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_keep"] = "0 BRAVO.EXAMPLE"
        super().arrange()
        crossover = cls.alpha.crossover_to(cls.bravo)
        wait_until(lambda: crossover in cls.alpha.principals(), "a key")
        with faults.peer(cls.bravo, peers.hasty), faults.clock_off(cls.alpha, 10 * 24 * 3600):
            cls.figures = wait_until(cls.scrape_all, "a scrape with all figures")

    @classmethod
    def scrape_all(cls):
        figures = Measured.figures(cls)
        whole = {"kxover_renewal_key_end_timestamp_seconds", "kxover_crossover_earliest_end_timestamp_seconds"}
        return figures if whole <= set(figures.types) else None

    def assert_there(self, where, expression):
        """All series that an expression is about are in the scrape, and have the labels that it asks for."""
        names = set(re.findall(r"\bkxover_\w+", expression)) | (set(re.findall(r"\bup\b", expression)))
        self.assertTrue(names, where)
        self.assertLessEqual(names, self.figures.names() | PROMETHEUS_OWN, where)
        for name, selector in re.findall(r"\b(kxover_\w+)\{([^}]*)\}", expression):
            wanted = dict(re.findall(r'(\w+)="([^"]*)"', selector))
            asked = set(re.findall(r"(\w+)\s*=~?", selector))
            self.assertTrue(self.figures.all(name, **wanted), f"{where}: {name} {wanted}")
            self.assertLessEqual(asked, self.labels(name), f"{where}: {name}")
        known = set().union(*(self.labels(name) for name in names if name in self.figures.names()),
                            LABELS_OF_PROMETHEUS)
        for labels in re.findall(r"\b(?:by|on|group_left) \(([^)]*)\)", expression):
            self.assertLessEqual(set(re.split(r",\s*", labels)), known, where)

    def labels(self, name):
        return {label for series, labels in self.figures.series if series == name for label, _ in labels}

    def test_each_alert_is_about_figures_that_there_are(self):
        for name, expression in alerts():
            with self.subTest(name):
                self.assert_there(name, expression)

    def test_each_panel_of_the_dashboard_is(self):
        self.assertGreater(len(panels()), 20)
        for title, expression in panels():
            with self.subTest(title):
                self.assert_there(title, expression)

    def test_the_dashboard_shows_all_figures(self):
        shown = {name for _, expression in panels() for name in re.findall(r"\bkxover_\w+", expression)}
        for name in self.figures.types:
            with self.subTest(name):
                self.assertTrue({name, f"{name}_bucket", f"{name}_sum"} & shown or name.endswith("read_timestamp_seconds"))

    def test_the_page_has_all_figures_and_no_others(self):
        text = PAGE.read_text(encoding="utf-8").partition("| figure |")[2]
        self.assertEqual(sorted(re.findall(r"^\| `(kxover_\w+)` \|", text, re.MULTILINE)), sorted(self.figures.types))

    def test_the_page_tells_what_to_do_at_each_alert(self):
        text = PAGE.read_text(encoding="utf-8").partition("| alert |")[2]
        self.assertEqual(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE), [name for name, _ in alerts()])

    def test_what_cannot_be_renewed_is_named(self):
        self.assertTrue(self.figures.all("kxover_renewal_failures", remote=BRAVO))


if __name__ == "__main__":
    unittest.main()
