"""Where a socket is: `unix:PATH` or `tcp:HOST:PORT`, as one listens there and as one connects to it."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Sequence
from typing import TypeAlias

import anyio
from attrs import frozen

from transports.open import TargetError


@frozen
class UnixAddress:
    """A socket in the file system."""

    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


@frozen
class TcpAddress:
    """A port of a host; `host` without the brackets of an IPv6 address."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp:[{self.host}]:{self.port}" if ":" in self.host else f"tcp:{self.host}:{self.port}"


Address: TypeAlias = UnixAddress | TcpAddress
Place: TypeAlias = str | tuple[str, int] | tuple[str, int, int, int]  # as the system takes it


def address_of(scheme: str, rest: str, url: str) -> Address:
    """Return the address that a URL without options names.

    Raises:
        TargetError: it names none.
    """
    if scheme == "unix":
        if not rest or "\0" in rest or len(rest.encode(errors="surrogateescape")) > 107:
            raise TargetError(f"{url!r}: expected unix:PATH, of 1 to 107 bytes (the system's limit for a socket)")
        return UnixAddress(rest)
    if scheme == "tcp":
        found = re.fullmatch(r"(?:\[([^\[\]]+)\]|([^\[\]:]+)):([0-9]{1,5})", rest)
        if found is None or int(found[3]) > 65535:
            raise TargetError(f"{url!r}: expected tcp:HOST:PORT or tcp:[ADDRESS]:PORT, with a port of 0..65535")
        return TcpAddress(found[1] or found[2], int(found[3]))
    raise TargetError(f"{url!r}: expected unix:PATH or tcp:HOST:PORT")


def parse_address(url: str) -> Address:
    """Return the address that a URL names.

    Raises:
        TargetError: it names none.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "unix" and "?" in rest:
        raise TargetError(f"{url!r}: expected unix:PATH without a ?, where options begin for whoever connects")
    return address_of(scheme, rest, url)


async def connect(address: Address) -> socket.socket:
    """Return a socket that is connected there, non-blocking.

    Raises:
        OSError: nobody is, or nothing leads there.
    """
    if isinstance(address, UnixAddress):
        return await _connected(socket.socket(socket.AF_UNIX), address.path)
    problem: OSError | None = None
    for family, kind, protocol, _, place in await resolve(address):
        try:
            return await _connected(socket.socket(family, kind, protocol), place)
        except OSError as refused:
            problem = refused
    raise problem or OSError(f"{address.host} has no address")


async def _connected(sock: socket.socket, place: Place) -> socket.socket:
    """Connect a socket, or close it."""
    try:
        sock.setblocking(False)
        try:
            sock.connect(place)
        except BlockingIOError:
            if sock.family == socket.AF_UNIX:
                raise OSError("too many wait to be let in already") from None
            await anyio.wait_writable(sock)
            if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(number, os.strerror(number)) from None
    except BaseException:
        sock.close()
        raise
    return sock


async def resolve(address: TcpAddress) -> Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, Place]]:
    """Return the places that a host's name stands for."""
    return await anyio.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
