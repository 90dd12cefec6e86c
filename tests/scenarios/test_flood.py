"""Strangers have us ask DNS about realm after realm: how much is asked, and whether others are served meanwhile.

The realms are below flood.example, whose name server never answers.  So each question that is asked stays
open, and there are as many open as are allowed."""

import contextlib
import select
import socket
import threading
import unittest
from pathlib import Path

from badinput import BadInput, Guise
from lab import config, wait_until
from lab.peers import Peer, framed, receive
from lab.process import run
from scenario import ALPHA, BRAVO, service_of
from stalling import TICKET, UNAVAILABLE, UNKNOWN_SERVICE, Stalling
from wire import SVC_UNAVAILABLE, connect, error_code

# What may be under way: for a source, for a realm, in all.
OF_SOURCE, OF_REALM, OF_ALL = 16, 4, 128

# What libunbound would have open in DNS, left to itself.
OF_UNBOUND = 16

REALMS = 160


class SilentServer:
    """A name server for flood.example that never answers, and remembers what it was asked."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((config.LOOPBACK, 0))
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self._asked = set()

    def close(self):
        self._socket.close()

    def realms(self):
        """The first labels of the realms that it was asked about, since the last forget()."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._asked.add(self._realm_in(self._socket.recv(4096)))
        return self._asked - {None}

    def forget(self):
        self.realms()
        self._asked.clear()

    @staticmethod
    def _realm_in(packet):
        """The label below flood.example in the first question; None if there is none."""
        labels, at = [], 12
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode().lower())
            at += 1 + packet[at]
        return labels[-3] if len(labels) > 2 else None


class Flood(threading.Thread):
    """Sends requests from one source, each on a connection of its own, again and again when it is refused."""

    PAUSE = 0.05

    def __init__(self, realm, requests, source):
        super().__init__(daemon=True)
        self.refused = 0
        self._requests = {connect(realm, source): request for request in requests}
        self._stopped = threading.Event()

    def run(self):
        for connection, request in self._requests.items():
            connection.sendall(framed(request))
        while not self._stopped.wait(self.PAUSE):
            ready, _, _ = select.select(list(self._requests), [], [], 0)
            for connection in ready:
                if error_code(receive(connection)) != SVC_UNAVAILABLE:
                    return
                self.refused += 1
                connection.sendall(framed(self._requests[connection]))

    def stop(self):
        """End it.  Returns whether it went on until now."""
        went_on = self.is_alive()
        self._stopped.set()
        self.join()
        for connection in self._requests:
            connection.close()
        return went_on


def silence_dns(scenario):
    """Let ALPHA find flood.example at a name server that never answers, which is returned."""
    lab, alpha = scenario.lab, scenario.alpha
    lab.dns.zone("flood.example").records = ['flood.example. TXT "x"']
    lab.dns.publish()
    server = SilentServer()
    scenario.addClassCleanup(server.close)
    stub = f'  name: "flood.example."\n  stub-addr: {config.LOOPBACK}@'
    conf = Path(lab.folder) / "flood.unbound.conf"
    conf.write_text(lab.dns.resolver_conf.read_text().replace(f"{stub}{lab.dns.port}\n", f"{stub}{server.port}\n"))
    alpha.settings["kxover_unbound_conf"] = conf
    alpha.configure()
    return server


class SignedFlood(BadInput):
    """They send requests that are well signed, in the names of realms that are not in DNS."""

    @classmethod
    def arrange(cls):
        cls.server = silence_dns(cls)
        cls.requests = [cls.request_of(f"R{number}.FLOOD.EXAMPLE") for number in range(REALMS)]

    @classmethod
    def request_of(cls, name):
        """What the realm of that name, which has an identity and nothing in DNS, asks of ALPHA."""
        conf = Path(cls.lab.folder) / "flood.kdc.conf"
        conf.write_text((cls.bravo.folder / "kdc.conf").read_text().replace(BRAVO, name))
        guise = Guise(name, None, {**cls.bravo.env, "KRB5_KDC_PROFILE": str(conf)})
        recorded = []
        port = cls.lab.ports.take()
        peer = Peer(port, None, lambda client, upstream: recorded.append(receive(client)))
        peer.start()
        try:
            run([cls.hostile(), "request", "honest", guise.name, ALPHA, port], guise.env)
        finally:
            peer.stop()
        request, = recorded
        return request

    def setUp(self):
        """Nothing is under way."""
        self.alpha.kxoverd.restart()
        self.server.forget()
        self.mark = self.alpha.kxoverd.log.mark()

    def send(self, requests, sources):
        """Send requests at once, each on a connection of its own, and from one source after the other.
        Returns the connections."""
        connections = []
        for number, request in enumerate(requests):
            connection = connect(self.alpha, sources[number % len(sources)])
            self.addCleanup(connection.close)
            connection.sendall(framed(request))
            connections.append(connection)
        return connections

    def assert_under_way(self, connections, expected, realms):
        """Of the requests, so many are under way and have so many realms asked about; all others are refused."""
        def refused():
            return select.select(connections, [], [], 0)[0]
        wait_until(lambda: len(self.server.realms()) >= realms and len(refused()) >= len(connections) - expected,
                   lambda: f"{realms} realms to be asked about, and {len(connections) - expected} refusals; there "
                           f"are {len(self.server.realms())} and {len(refused())}")
        self.assertEqual(len(self.server.realms()), realms)
        codes = [error_code(receive(connection)) for connection in refused()]
        self.assertEqual(set(codes), {SVC_UNAVAILABLE})

    def test_one_source_has_dns_asked_about_16_realms(self):
        connections = self.send(self.requests, ["127.0.0.9"])
        self.assert_under_way(connections, OF_SOURCE, OF_SOURCE)
        self.alpha.kxoverd.log.wait_for("refused to 127.0.0.9:.*: limits: too many exchanges", since=self.mark)

    def test_all_sources_have_dns_asked_about_128_realms(self):
        connections = self.send(self.requests, [f"127.0.0.{last}" for last in range(10, 26)])
        self.assert_under_way(connections, OF_ALL, OF_ALL)

    def test_one_realm_is_asked_about_once_for_four_exchanges(self):
        requests = [self.request_of("R0.FLOOD.EXAMPLE") for _ in range(8)]
        connections = self.send(requests, [f"127.0.0.{last}" for last in range(10, 18)])
        self.assert_under_way(connections, OF_REALM, 1)
        self.alpha.kxoverd.log.wait_for(f"limits: {OF_REALM} exchanges with realm R0.FLOOD.EXAMPLE", since=self.mark)

    def test_an_honest_realm_crosses_over_meanwhile(self):
        flood = Flood(self.alpha, self.requests, "127.0.0.9")
        self.addCleanup(flood.stop)
        flood.start()
        wait_until(lambda: flood.refused > REALMS, "the flood")
        bob = self.bravo.kinit("bob")
        bob.kvno(service_of(self.alpha))
        self.assertIn(service_of(self.alpha), bob.tickets())
        self.assertTrue(flood.stop(), "the flood went on")


class CuriousUser(Stalling):
    """A user of ALPHA asks for a thousand realms of flood.example."""

    @classmethod
    def arrange(cls):
        cls.server = silence_dns(cls)
        cls.alpha.kdc.restart()

    def test_others_reach_an_honest_realm_meanwhile(self):
        alice, bob = self.alpha.kinit("alice"), self.alpha.kinit("bob")
        told = self.ask(alice, *(f"R{number}.FLOOD.EXAMPLE" for number in range(1000)), pause=2)
        self.assertEqual({code for _, code in told}, {UNAVAILABLE, UNKNOWN_SERVICE})
        wait_until(lambda: self.ask(bob, BRAVO) == [(BRAVO, TICKET)], "a ticket")
        self.assertGreater(len(self.server.realms()), OF_UNBOUND)


if __name__ == "__main__":
    unittest.main()
