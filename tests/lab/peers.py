"""Peers that misbehave: what stands at a realm's port in the place of its kxoverd.

A behaviour is a function that is given the connection of whoever came, and a function that connects to
the real kxoverd behind.  It may do as it likes; when it returns, the connection is closed.
"""

import socket
import struct
import threading
import time

from .waiting import wait_until

HEADER = 4
ENOUGH = 1 << 20
KX_REP = b"\x73"  # [APPLICATION 19], constructed


def silent(client, upstream):
    """Accept, listen, say nothing."""
    del upstream
    while client.recv(65536):
        pass


def hasty(client, upstream):
    """Accept and close."""
    del client, upstream


def impatient(seconds):
    """Accept, and close after so long, whatever has come."""

    def behave(client, upstream):
        del client, upstream
        time.sleep(seconds)

    return behave


def slow(seconds):
    """The right answer, that much later."""

    def delay(reply):
        time.sleep(seconds)
        return reply

    return tampering(reply=delay)


def slow_to_agree(seconds):
    """The right answer to an exchange, that much later; clients get theirs from the KDC at once."""

    def delay(reply):
        if reply[:1] == KX_REP:
            time.sleep(seconds)
        return reply

    return tampering(reply=delay)


def dribbling(pause):
    """The right answer, byte by byte, with a pause before each."""

    def behave(client, upstream):
        for reply in _answers(client, upstream):
            for byte in framed(reply):
                time.sleep(pause)
                client.sendall(bytes([byte]))

    return behave


def cut_off(after):
    """The right answer, but only so many of its bytes, length included."""

    def behave(client, upstream):
        for reply in _answers(client, upstream):
            client.sendall(framed(reply)[:after])
            return

    return behave


def saying(reply):
    """Always the same answer, whatever the question: garbage, or the answer to somebody else."""
    return saying_raw(framed(reply))


def saying_raw(stream):
    """Always the same bytes, length included or not."""

    def behave(client, upstream):
        del upstream
        if receive(client) is not None:
            client.sendall(stream)

    return behave


def tampering(request=None, reply=None):
    """The real kxoverd's doing, with the request, the reply or both passed through functions."""

    def behave(client, upstream):
        for answer in _answers(client, upstream, request):
            client.sendall(framed(reply(answer) if reply else answer))

    return behave


def recording(requests, replies):
    """The real kxoverd's doing; both sides of it are appended to the lists."""

    def keep(kept):
        return lambda message: kept.append(message) or message

    return tampering(keep(requests), keep(replies))


class Gate:
    """Where messages wait until it is opened; for tampering() with requests or replies."""

    def __init__(self):
        self._arrived = threading.Event()
        self._opened = threading.Event()

    def __call__(self, message):
        self._arrived.set()
        self._opened.wait()
        return message

    def wait_for_one(self):
        """Wait until a message is here."""
        wait_until(self._arrived.is_set, "a message to come to the gate")

    def open(self):
        """Let all through, now and from now on."""
        self._opened.set()


def relaying(client, upstream):
    """What is behind, byte by byte, whatever protocol it speaks."""
    overhearing([])(client, upstream)


def overhearing(turns):
    """What is behind, byte by byte.  Each turn is appended to the list, as who speaks, "client" or "server",
    and how many bytes until the other does."""

    def heard(who):
        def note(part):
            if turns and turns[-1][0] == who:
                turns[-1] = (who, turns[-1][1] + len(part))
            else:
                turns.append((who, len(part)))

        return note

    def behave(client, upstream):
        with upstream() as server:
            back = threading.Thread(target=_pump, args=(server, client, heard("server")), daemon=True)
            back.start()
            try:
                _pump(client, server, heard("client"))
            finally:
                _shut(server)
                back.join()

    return behave


def altered(there=None, back=None):
    """What is behind, with the stream of bytes to it, the one back, or both, passed through functions: a
    function is given the pieces as they come, and yields those that go on, each in a segment of its own.
    When it has no more, the connection is cut."""

    def behave(client, upstream):
        with upstream() as server:
            for connection in (client, server):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            returning = threading.Thread(target=_alter, args=(server, client, back), daemon=True)
            returning.start()
            _alter(client, server, there)
            returning.join()

    return behave


def single_bytes(pieces):
    """For altered(): each byte on its own."""
    for piece in pieces:
        for byte in piece:
            yield bytes([byte])


def late(seconds):
    """For altered(): each piece so much later."""

    def alter(pieces):
        for piece in pieces:
            time.sleep(seconds)
            yield piece

    return alter


def only(count):
    """For altered(): so many bytes, and when there would be more, no more."""

    def alter(pieces):
        left = count
        for piece in pieces:
            if piece[:left]:
                yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    return alter


def held_after(count, gate):
    """For altered(): so many bytes, and what follows them when the Gate is opened."""

    def alter(pieces):
        left = count
        for piece in pieces:
            if piece[:left]:
                yield piece[:left]
            if piece[left:]:
                yield gate(piece[left:])
            left = max(0, left - len(piece))

    return alter


def posing_as(other):
    """Another realm's kxoverd answers."""

    def behave(client, upstream):
        del upstream
        for answer in _answers(client, lambda: socket.create_connection(("127.0.0.1", other.daemon_port))):
            client.sendall(framed(answer))

    return behave


def framed(message):
    """A message behind its length (RFC 4120 7.2.2)."""
    return struct.pack(">I", len(message)) + message


def receive(connection):
    """The next message on a connection; None at its end."""
    header = _exactly(connection, HEADER)
    if header is None:
        return None
    length, = struct.unpack(">I", header)
    return _exactly(connection, length) if length <= ENOUGH else None


def _exactly(connection, length):
    received = bytearray()
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:
            return None
        received += part
    return bytes(received)


def _answers(client, upstream, edit=None):
    """Hand on each request to the real kxoverd and yield its answers."""
    with upstream() as server:
        while (request := receive(client)) is not None:
            server.sendall(framed(edit(request) if edit else request))
            answer = receive(server)
            if answer is None:
                return
            yield answer


class Peer:
    """Listens at a port and treats every connection by one behaviour, from start() to stop()."""

    def __init__(self, port, upstream_port, behaviour):
        self.connections = 0
        self._behaviour = behaviour
        self._upstream = lambda: socket.create_connection(("127.0.0.1", upstream_port))
        self._listener = socket.create_server(("127.0.0.1", port))
        self._open = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        """Stop listening, and close what is open.  Nothing happens the second time."""
        _shut(self._listener)
        self._thread.join()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                _shut(connection)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self._behaviour(connection, self._upstream)
        except OSError:
            pass  # whoever came has gone, or we are being stopped
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def _alter(source, sink, alter):
    """Hand on what a function makes of what comes from one connection to another, to the end of both."""
    try:
        for piece in alter(_pieces(source)) if alter else _pieces(source):
            sink.sendall(piece)
    except OSError:
        pass
    for connection in (source, sink):
        _shut(connection)


def _pieces(source):
    while piece := source.recv(65536):
        yield piece


def _pump(source, sink, note=lambda part: None):
    """Hand on what comes from one connection to another, to its end; `note` is told of each part before."""
    try:
        while part := source.recv(65536):
            note(part)
            sink.sendall(part)
    except OSError:
        pass
    _shut(sink)


def _shut(connection):
    """End a connection, or a wait for one, that may be over already."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
