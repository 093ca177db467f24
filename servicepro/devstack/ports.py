"""Ports on this machine: is one free, and which one is."""

import socket

from servicepro.devstack.errors import DevstackError


def require_free_port(port: int, *, variable: str) -> None:
    """Raise DevstackError that names `port` and the variable to change when something listens on 127.0.0.1:`port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT counts as free, as it does for servers
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            other = port + 1 if port < 65_535 else 8001
            advice = f"stop what uses it, or choose another one: make run {variable}={other}"
            raise DevstackError(f"Port {port} is busy: {advice}") from error


def free_ports(count: int) -> list[int]:
    """Return `count` different ports nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
