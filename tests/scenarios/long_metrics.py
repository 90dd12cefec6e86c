"""What kxoverd tells Prometheus stays small, and whoever asks for it does not stay for ever."""

import time
import unittest

from lab import wait_until
from test_metrics import Measured
from wire import connect

MOST_NAMES = 100


class ManyRealms(Measured):
    """kxoverd is to keep crossovers with many realms that there are not."""

    lifetime_min = "10s"
    number = MOST_NAMES + 20

    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_keep"] = ["0", *(f"R{i}.NOWHERE.EXAMPLE" for i in range(cls.number))]
        super().arrange()

    def test_they_are_all_counted_and_some_of_them_named(self):
        wait_until(lambda: self.figures().get("kxover_renewals_failing") == self.number, "all to fail", timeout=120)
        self.assertEqual(len(self.figures().all("kxover_renewal_failures")), MOST_NAMES)


class SlowGuest(Measured):
    def test_who_asks_byte_by_byte_is_seen_off(self):
        with connect(self.alpha, port=self.port) as guest:
            guest.sendall(b"GET /metrics HTTP/1.1\r\nName: ")
            with self.assertRaises(ConnectionError):
                for _ in range(90):
                    guest.sendall(b"x")
                    time.sleep(1)
        self.figures()


if __name__ == "__main__":
    unittest.main()
