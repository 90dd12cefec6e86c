"""A conversation over GSS-API, with the sample client and server that come with MIT krb5."""

import socket
import subprocess
import threading
from dataclasses import dataclass

from . import tools
from .process import Result
from .waiting import PATIENCE


@dataclass(frozen=True)
class Conversation:
    """What either side said of it."""

    client: Result
    server: str


def converse(session, realm, message):
    """gss-client of `session` sends `message` to gss-server on the service host of `realm`.

    The server runs as inetd would run it, for it would itself listen to the whole world."""
    log = realm.folder / "gss-server.log"
    log.unlink(missing_ok=True)
    service = f"host@{realm.service_host}"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        server = threading.Thread(target=_serve_one, args=(listener, realm, service, log))
        server.start()
        try:
            client = session.run("gss-client", "-port", listener.getsockname()[1], "127.0.0.1", service, message,
                                 check=False)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            server.join()
    return Conversation(client, log.read_text() if log.exists() else "")


def _serve_one(listener, realm, service, log):
    """Answer one connection with gss-server."""
    try:
        connection, _ = listener.accept()
    except OSError:
        return
    with connection:
        subprocess.run([tools.find("gss-server"), "-inetd", "-logfile", log, service], env=realm.env,
                       stdin=connection, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       start_new_session=True, timeout=PATIENCE, check=False)
