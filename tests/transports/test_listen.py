"""Where a server listens: a socket file that somebody serves is never taken from him."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from transports.errors import Unavailable
from transports.open import TargetError
from transports.serve import Listener, listen
from transports.wire.address import TcpAddress, UnixAddress, parse_address

# ---- where it listens -------------------------------------------------------------------------


async def test_a_socket_file_that_is_served_is_not_replaced(tmp_path: Path) -> None:
    """A live socket is refused and goes on; a stale one is replaced; another file is refused and stays."""
    address = UnixAddress(str(tmp_path / "s"))
    first = await listen(address)
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600
    with pytest.raises(Unavailable, match="a server listens there already"):
        await listen(address)
    first.socket.close()  # as a kill does: the file stays
    assert (tmp_path / "s").exists()
    second = await listen(address)
    second.close()
    second.close()
    assert not (tmp_path / "s").exists()
    (tmp_path / "s").write_text("mine")
    with pytest.raises(Unavailable, match="is no socket"):
        await listen(address)
    assert (tmp_path / "s").read_text() == "mine"


async def test_a_socket_file_of_another_server_is_not_removed(tmp_path: Path) -> None:
    """A listener whose file was replaced leaves the other one's file where it is."""
    address = UnixAddress(str(tmp_path / "s"))
    first = await listen(address)
    os.rename(tmp_path / "s", tmp_path / "old")
    second = await listen(address)
    first.close()
    assert (tmp_path / "s").exists()
    second.close()
    assert not (tmp_path / "s").exists()


async def test_where_one_cannot_listen_is_told(tmp_path: Path) -> None:
    """A folder that does not exist, a port that is taken: Unavailable, with the system's reason."""
    with pytest.raises(Unavailable, match="No such file"):
        await listen(UnixAddress(str(tmp_path / "none" / "s")))
    taken = await listen(TcpAddress("127.0.0.1", 0))
    assert isinstance(taken, Listener)
    assert isinstance(taken.address, TcpAddress)
    assert taken.address.port
    with pytest.raises(Unavailable, match="Address already in use"):
        await listen(taken.address)
    taken.close()


def test_an_address_reads_as_it_is_written() -> None:
    """An address is the URL that names it."""
    for url in ("unix:/run/s", "tcp:lab7:9000", "tcp:[::1]:80"):
        assert str(parse_address(url)) == url


@pytest.mark.parametrize("url", ["", "foo", "/run/s", "sim:", "UNIX:/run/s", "tcp:lab7", "unix:", "unix:/run/s?name=x"])
def test_what_is_no_address_is_told_what_is_one(url: str) -> None:
    """The refusal names the two forms there are, and no target's; options are for whoever connects."""
    with pytest.raises(TargetError) as caught:
        parse_address(url)
    said = str(caught.value)
    assert said.startswith(f"{url!r}")
    assert "unix:PATH" in said or "tcp:HOST:PORT" in said
    assert "qemu" not in said
