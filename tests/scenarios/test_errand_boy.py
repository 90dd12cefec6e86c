"""Nobody sends our KDC where it should not go: by an SRV record, by an address, or by what a user asks for.

ALPHA may connect to 127.0.0.1 alone.  Every other address here stands for one inside our network, that a
stranger cannot reach and would have us reach for him."""

import contextlib
import socket
import time
import unittest

from badinput import BadInput
from lab import config
from lab.dns import SilentDns
from lab.peers import Peer
from lab.zone import TTL
from scenario import ALPHA, Scenario, service_of

INSIDE = "127.0.0.2"

# Nothing of this is public (RFC 6890), and the lab does not have it allowed.
IPV4 = {
    "loopback": f"A {INSIDE}",
    "unspecified": "A 0.0.0.0",
    "private": "A 10.0.0.1",
    "link-local": "A 169.254.169.254",
    "multicast": "A 224.0.0.1",
}
IPV6 = {
    "loopback-6": "AAAA ::1",
    "unspecified-6": "AAAA ::",
    "mapped": f"AAAA ::ffff:{INSIDE}",
    "compatible": f"AAAA ::{INSIDE}",
    "nat64": f"AAAA 64:ff9b::{INSIDE}",
    "link-local-6": "AAAA fe80::1",
    "unique-local": "AAAA fd00::1",
    "multicast-6": "AAAA ff02::1",
}
ADDRESSES = {**IPV4, **IPV6}


class Ear:
    """Somebody at a port of this machine, at all addresses or at some, who notices every connection."""

    def __init__(self, port, addresses=("0.0.0.0", "::")):
        self._sockets = [
            socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
            for address in addresses]
        for one in self._sockets:
            one.setblocking(False)

    def close(self):
        for one in self._sockets:
            one.close()

    def heard(self):
        """How many connections have come."""
        count = 0
        for one in self._sockets:
            try:
                while True:
                    one.accept()[0].close()
                    count += 1
            except BlockingIOError:
                pass
        return count


class ErrandBoy(BadInput):
    @classmethod
    def arrange(cls):
        cls.alpha.settings["kxover_allow_address"] = f"{config.LOOPBACK}/32"
        cls.alpha.settings["kxover_wait"] = "10s"
        cls.alpha.configure()
        cls.alpha.kdc.restart()
        cls.guises = {}
        cls.port = cls.lab.ports.take()
        for name in (*ADDRESSES, "rebound", "two-minds", "uncovered", "asking"):
            cls.guises[name] = cls.make_guise(f"{name.upper()}.EXAMPLE", cls.port)
            if name in ADDRESSES:
                cls.lead_to(name, ADDRESSES[name])
        cls.lead_to("two-minds", f"A {config.LOOPBACK}", f"A {INSIDE}", "AAAA ::1")
        zone = cls.zone("uncovered")
        zone.records = [line.replace(f"_{cls.port}._tcp.kdc", f"_{cls.port + 1}._tcp.kdc") for line in zone.records]
        cls.lab.dns.publish()

    def setUp(self):
        """The log tells of ten failures, and then counts."""
        self.alpha.kdc.restart()

    @classmethod
    def zone(cls, name):
        return cls.lab.dns.zone(f"{name}.example")

    @classmethod
    def lead_to(cls, name, *addresses):
        """Let the server of a realm have these addresses."""
        zone = cls.zone(name)
        zone.records = [line for line in zone.records if " A " not in line]
        zone.records += [f"kdc.{name}.example. {address}" for address in addresses]

    def ask_for(self, name):
        """A user of ALPHA wants a ticket for a realm."""
        return self.alpha.kinit("alice").kvno(f"krbtgt/{name.upper()}.EXAMPLE@{ALPHA}", check=False)

    def assert_not_connected(self, name, words):
        mark = self.alpha.kdc.log.mark()
        with contextlib.closing(Ear(self.port)) as ear:
            self.assertFalse(self.ask_for(name).ok)
            self.alpha.kdc.log.wait_for(f"krbtgt/{name.upper()}.EXAMPLE@{ALPHA}: no crossover: .*{words}", since=mark)
            self.assertEqual(ear.heard(), 0)

    def assert_none_connected(self, addresses):
        for name, address in addresses.items():
            with self.subTest(address):
                self.assert_not_connected(name, f"no address of kdc.{name}.example may be connected to")

    def test_a_server_at_an_ipv4_address_that_is_not_public_is_not_connected_to(self):
        self.assert_none_connected(IPV4)

    def test_a_server_at_an_ipv6_address_that_is_not_public_is_not_connected_to(self):
        self.assert_none_connected(IPV6)

    def test_of_several_addresses_those_that_are_not_public_are_left_out(self):
        """The realm's own server is there, at the address that may be connected to."""
        with self.answering("honest", self.guises["two-minds"]):
            self.assertTrue(self.ask_for("two-minds").ok)
        self.alpha.kadmin_local(f"delprinc -force krbtgt/TWO-MINDS.EXAMPLE@{ALPHA}")
        self.alpha.kdc.restart()
        # Without it, nothing else is tried.
        with contextlib.closing(Ear(self.port, (INSIDE, "::1"))) as ear:
            self.assertFalse(self.ask_for("two-minds").ok)
            self.assertEqual(ear.heard(), 0)

    def test_an_address_that_changes_is_judged_anew_each_time(self):
        """At first the name leads to a server that is fine; once it is known, to one inside."""
        with self.answering("honest", self.guises["rebound"]):
            self.assertTrue(self.ask_for("rebound").ok)
        self.alpha.kadmin_local(f"delprinc -force krbtgt/REBOUND.EXAMPLE@{ALPHA}")
        self.lead_to("rebound", f"A {INSIDE}")
        self.lab.dns.publish()
        time.sleep(2 * TTL)  # the KDC looks anew, and remembers what it did before
        self.assert_not_connected("rebound", "no address of kdc.rebound.example may be connected to")

    def test_a_port_that_no_tlsa_record_covers_is_not_connected_to(self):
        self.assert_not_connected("uncovered", "no TLSA record")

    def test_who_is_asked_connects_to_nobody(self):
        """Not even to look whether the one who asks is at home."""
        with contextlib.closing(Ear(self.port)) as ear:
            self.assertEqual(self.ask("honest", self.guises["asking"], self.alpha), ["KX-REP confirmed"])
            self.assertEqual(ear.heard(), 0)


class ManyServers(Scenario):
    """A realm has twenty servers, or so it says, and all of them hang up."""

    SERVERS, TRIED = 20, 8

    @classmethod
    def arrange(cls):
        cls.came = []
        zone = cls.lab.dns.zone("many.example")
        zone.records = [f"kdc.many.example. A {config.LOOPBACK}"]
        for _ in range(cls.SERVERS):
            port = cls.lab.ports.take()
            peer = Peer(port, None, cls.hang_up)
            peer.start()
            cls.addClassCleanup(peer.stop)
            zone.records += [f"_kerberos._tcp.many.example. SRV 0 0 {port} kdc.many.example.",
                             f"_{port}._tcp.kdc.many.example. TLSA 3 1 1 {'ab' * 32}"]
        cls.lab.dns.publish()

    @classmethod
    def hang_up(cls, client, upstream):
        del upstream
        cls.came.append(client.getsockname())

    def test_eight_are_tried(self):
        self.assertFalse(self.alpha.kinit("alice").kvno(f"krbtgt/MANY.EXAMPLE@{ALPHA}", check=False).ok)
        self.alpha.kdc.log.wait_for(f"krbtgt/MANY.EXAMPLE@{ALPHA}: no crossover")
        self.assertEqual(len(self.came), self.TRIED)


class OddNames(Scenario):
    """Users of ALPHA ask for realms that cannot be one; DNS, which does not answer, would be asked otherwise."""

    # None is below a name that can be one: the KDC tries those on the way, too.
    NAMES = (
        "", ".", "..", "A..EXAMPLE", "BRAVO.EXAMPLE.", "bravo.example", "*.EXAMPLE", "BRAVO_X.EXAMPLE",
        "BRAVO .EXAMPLE", r"BRAVO.EXAMPLE\0X.EXAMPLE", r"BRAVO\nX.EXAMPLE", "%s%n.EXAMPLE", r"..\/..\/ETC.EXAMPLE",
        "-A.EXAMPLE", "A-.EXAMPLE", "BRAVO.EXAMPLE:88", "BR\u00c4VO.EXAMPLE", 64 * "A" + ".EXAMPLE")

    @classmethod
    def arrange(cls):
        cls.dns = SilentDns(cls.lab.folder / "silent.conf", cls.alpha.resolver_conf)
        cls.addClassCleanup(cls.dns.close)
        cls.alpha.settings["kxover_unbound_conf"] = cls.dns.conf
        cls.alpha.settings["kxover_wait"] = "0s"
        cls.alpha.configure()

    def setUp(self):
        self.alpha.kdc.restart()
        self.dns.questions()

    def test_what_cannot_be_a_realm_is_not_asked_of_dns(self):
        alice = self.alpha.kinit("alice")
        for name in self.NAMES:
            with self.subTest(name):
                self.assertFalse(alice.kvno(f"krbtgt/{name}@{ALPHA}", check=False).ok)
                self.assertEqual(self.dns.questions(), 0)
        alice.kvno(service_of(self.alpha))

    def test_what_can_be_one_is(self):
        """So the silence above is not for want of ears."""
        self.alpha.kinit("alice").run("timeout", "2", "kvno", f"krbtgt/BRAVO.EXAMPLE@{ALPHA}", check=False)
        self.assertGreater(self.dns.questions(), 0)


if __name__ == "__main__":
    unittest.main()
