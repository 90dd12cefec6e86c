"""Speaking to kxoverd by hand: sockets, the framing of RFC 4120, and the few messages that need no keys."""

import contextlib
import socket
import struct

from lab.peers import framed, receive

# Message types, which are also the application tags.
AS_REQ, KX_REQ, KRB_ERROR = 10, 18, 30

# Error codes.
C_PRINCIPAL_UNKNOWN, SVC_UNAVAILABLE, GENERIC, FIELD_TOOLONG = 6, 29, 60, 61

PATIENCE = 30


def connect(realm, source="127.0.0.1", port=None):
    """A connection to the realm's kxoverd, from one of the loopback addresses."""
    return socket.create_connection(("127.0.0.1", port or realm.daemon_port), timeout=PATIENCE,
                                    source_address=(source, 0))


def ask(connection, message):
    """Send a message and return the answer, or None at the end of the connection."""
    connection.sendall(framed(message))
    return receive(connection)


def is_closed(connection, timeout=PATIENCE):
    """Whether the other end closes or resets the connection within that time, saying nothing before."""
    connection.settimeout(timeout)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def is_reset(connection):
    """Whether the other end resets the connection, saying nothing before."""
    with contextlib.suppress(ConnectionResetError):
        connection.recv(1)
        return False
    return True


def reset(connection):
    """Go away without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def as_req(realm, user, padding=0):
    """A request for a ticket, without preauthentication.  It can be made as long as one likes."""
    name = _sequence((0, _integer(1)), (1, _element(0x30, _string(user))))
    server = _sequence((0, _integer(2)), (1, _element(0x30, _string("krbtgt") + _string(realm.name))))
    body = _sequence(
        (0, _element(0x03, bytes(5))), (1, name), (2, _string(realm.name)), (3, server),
        (5, _element(0x18, b"20370101000000Z")), (7, _integer(1)), (8, _element(0x30, _integer(18))))
    padata = _element(0x30, _sequence((1, _integer(9999)), (2, _element(0x04, bytes(padding)))))
    request = _sequence((1, _integer(5)), (2, _integer(AS_REQ)), (3, padata), (4, body))
    return _element(0x60 | AS_REQ, request)


def error_code(message):
    """The error code of a KRB-ERROR; None for anything else."""
    if message is None or message[0] != 0x60 | KRB_ERROR:
        return None
    tag, fields, _ = _take(message)
    tag, fields, _ = _take(fields)
    while fields:
        tag, content, fields = _take(fields)
        if tag == 0xA0 | 6:
            return int.from_bytes(_take(content)[1], "big", signed=True)
    return None


def _element(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _sequence(*fields):
    return _element(0x30, b"".join(_element(0xA0 | number, content) for number, content in fields))


def _integer(value):
    return _element(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _string(text):
    return _element(0x1B, text.encode())


def _take(octets):
    """The first element: tag, content, and what follows it."""
    tag, length, start = octets[0], octets[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(octets[2:start], "big")
    return tag, octets[start:start + length], octets[start + length:]
