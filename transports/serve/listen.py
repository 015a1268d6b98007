"""A listening socket: found free, made, given back. A socket file that somebody serves is never taken away from him."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress

from attrs import define

from transports.errors import Unavailable
from transports.wire.address import Address, TcpAddress, UnixAddress, resolve

BACKLOG = 128  # controllers that may wait to be let in; one more is told to try again
# Source: tcp(7). A controller whose machine lost power says no farewell: after 5 s of silence it is asked three times,
# 2 s apart, and its connection ends.
_KEEPALIVE = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3}


@define(eq=False)
class Listener:
    """A place where controllers connect.

    Attributes:
        address: where; with the port that the system chose, when it was asked to.
    """

    socket: socket.socket
    address: Address
    _inode: int = 0

    def close(self) -> None:
        """Listen no more, and remove the socket file if it is still ours; idempotent."""
        if self.socket.fileno() < 0:
            return
        if isinstance(self.address, UnixAddress):
            with suppress(FileNotFoundError):
                if os.lstat(self.address.path).st_ino == self._inode:
                    os.unlink(self.address.path)
        self.socket.close()


async def listen(address: Address) -> Listener:
    """Begin to listen. A socket file is for its owner alone (mode 0600); a stale one is replaced.

    Whoever can connect has the device: on TCP that is everybody who reaches the port.

    Raises:
        Unavailable: somebody listens there already, something else has the file's name, or the system refuses.
    """
    try:
        return _listen_unix(address) if isinstance(address, UnixAddress) else await _listen_tcp(address)
    except OSError as problem:
        raise Unavailable(f"cannot listen at {address}: {problem.strerror or problem}") from problem


async def _listen_tcp(address: TcpAddress) -> Listener:
    family, kind, protocol, _, place = (await resolve(address))[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)  # which accepted sockets inherit
        for name, value in _KEEPALIVE.items():
            if (option := getattr(socket, name, None)) is not None:
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
        sock.bind(place)
        sock.listen(BACKLOG)
        sock.setblocking(False)
        return Listener(sock, TcpAddress(address.host, sock.getsockname()[1]))
    except BaseException:
        sock.close()
        raise


def _listen_unix(address: UnixAddress) -> Listener:
    _clear(address)
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.bind(address.path)
        os.chmod(address.path, 0o600)  # nobody can have connected: it does not listen yet
        sock.listen(BACKLOG)
        sock.setblocking(False)
        return Listener(sock, address, os.lstat(address.path).st_ino)
    except BaseException:
        sock.close()
        raise


def _clear(address: UnixAddress) -> None:
    """Remove what a server that was killed has left.

    Raises:
        Unavailable: it is no socket, or is served.
    """
    try:
        found = os.lstat(address.path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise Unavailable(f"cannot listen at {address}: it is there already, and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        refused = probe.connect_ex(address.path)
    if refused != errno.ECONNREFUSED:
        raise Unavailable(f"cannot listen at {address}: a server listens there already")
    if os.lstat(address.path).st_ino == found.st_ino:  # not one that another server made meanwhile
        os.unlink(address.path)
