"""An SMTP server that takes everything and keeps nothing but a count; lean, so that the bench measures who sends.

python -m bench.email_peer.smtp_sink: prints its port, then, when told to stop, how many emails it took.
"""

import asyncio
import signal
import sys

import uvloop

_ANSWERS = {b"EHLO": b"250 sink\r\n", b"HELO": b"250 sink\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Sink(asyncio.Protocol):
    """One connection."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.buffer, self.is_reading_mail = b"", False
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every command; an email ends with a dot on a line of its own."""
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n.\r\n" if self.is_reading_mail else b"\r\n")
            if end < 0:
                return
            if self.is_reading_mail:
                self.buffer, self.is_reading_mail = self.buffer[end + 5 :], False
                Sink.taken += 1
                self.transport.write(b"250 taken\r\n")
                continue
            verb, self.buffer = self.buffer[:4].upper(), self.buffer[end + 2 :]
            self.is_reading_mail = verb == b"DATA"
            self.transport.write(_ANSWERS.get(verb, b"250 ok\r\n"))
            if verb == b"QUIT":
                self.transport.close()


async def serve() -> None:
    """Take emails until SIGTERM."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stopped.wait()
    print(Sink.taken, flush=True)


if __name__ == "__main__":
    sys.exit(uvloop.run(serve()))
