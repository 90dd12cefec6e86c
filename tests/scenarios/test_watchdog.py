"""kxoverd tells a service manager that it is alive, for as long as its event loop turns."""

import os
import signal
import socket

from daemon_scenario import DaemonScenario

INTERVAL = 0.2  # seconds: half of the time that the service manager gives it
ALIVE = b"WATCHDOG=1\n"


class Watchdog(DaemonScenario):
    def setUp(self):
        self.daemon.stop()
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        address = self.alpha.folder / "notify"
        self.manager.bind(str(address))
        self.addCleanup(address.unlink)
        self.manager.settimeout(30)

    def start_watched(self, **env):
        """Start kxoverd as a service manager would that wants to hear of it every two intervals."""
        self.start_with(NOTIFY_SOCKET=str(self.alpha.folder / "notify"),
                        WATCHDOG_USEC=str(int(2 * INTERVAL * 1000000)), **env)
        self.assertTrue(self.manager.recv(1000).startswith(b"READY=1\n"))

    def words_for(self, seconds):
        """What the service manager hears until it has heard nothing for so long."""
        words = []
        self.manager.settimeout(seconds)
        try:
            while len(words) < 100:
                words.append(self.manager.recv(1000))
        except TimeoutError:
            return words
        finally:
            self.manager.settimeout(30)
        return words

    def test_signs_of_life_come_again_and_again(self):
        self.start_watched()
        for _ in range(5):
            self.assertTrue(self.manager.recv(1000).startswith(ALIVE))

    def test_they_end_when_the_loop_hangs_and_come_again_when_it_goes_on(self):
        self.start_watched()
        # Opening a FIFO to write into it waits until somebody reads it.
        log = self.daemon.log.path
        self.addCleanup(log.with_suffix(".kept").rename, log)
        log.rename(log.with_suffix(".kept"))
        os.mkfifo(log)
        self.addCleanup(self.daemon.kill)
        self.daemon.signal(signal.SIGHUP)
        self.words_for(5 * INTERVAL)
        self.assertEqual(self.words_for(5 * INTERVAL), [])
        with open(log, "rb"):
            self.assertTrue(self.manager.recv(1000).startswith(b"READY=1\n"))
            self.assertTrue(self.manager.recv(1000).startswith(ALIVE))

    def test_there_are_none_where_another_process_is_watched(self):
        self.start_watched(WATCHDOG_PID="1")
        self.assertEqual(self.words_for(5 * INTERVAL), [])

    def test_there_are_none_where_nobody_watches(self):
        self.start_with(NOTIFY_SOCKET=str(self.alpha.folder / "notify"))
        self.assertTrue(self.manager.recv(1000).startswith(b"READY=1\n"))
        self.assertEqual(self.words_for(5 * INTERVAL), [])
