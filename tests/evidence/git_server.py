"""A small git server with TLS on this machine: `git http-backend` behind Python's own web server."""

import base64
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.making import CLEAN


@dataclass
class Server:
    """Where the server listens and how it behaves; `pause` slows what it sends, `requests` keeps what it was asked."""

    root: Path
    ca_file: Path
    port: int = 0
    pause: float = 0.0
    token: str = ""
    moved: bool = False
    requests: list[tuple[str, str]] = field(default_factory=list)

    def address(self, name: str, host: str = "127.0.0.1") -> str:
        return f"https://{host}:{self.port}/{name}"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate that signs itself, for this machine and one made-up host."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    names = "subjectAltName=IP:127.0.0.1,DNS:code.example.test"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run([*command, "-subj", "/CN=test", "-addext", names, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return key, cert


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - the class that the web server wants, counted as one
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(b"")

        def do_POST(self) -> None:
            self.answer(self.body())

        def body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            return b"".join(parts)

        def answer(self, body: bytes) -> None:
            given = self.headers.get("Authorization", "")
            server.requests.append((self.path, given))
            if server.moved:
                self.send_response(302)
                self.send_header("Location", f"https://code.example.test:{server.port}{self.path}")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif server.token and given != "Basic " + base64.b64encode(server.token.encode()).decode():
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self.backend(body)

        def backend(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            about = {
                "GIT_PROJECT_ROOT": str(server.root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
                "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""), "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }  # fmt: skip
            done = subprocess.run(["git", "http-backend"], input=body, env=CLEAN | about, capture_output=True, check=True)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
            self.send_response(int(fields.pop("Status", "200 OK").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.send(content)

        def send(self, content: bytes) -> None:
            step = 2_048 if server.pause else len(content) or 1
            for at in range(0, len(content), step):
                self.wfile.write(content[at : at + step])
                time.sleep(server.pause if len(content) > step else 0)

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    return Handler


@contextmanager
def serving(root: Path, folder: Path) -> Iterator[Server]:
    """Serve the repositories below a folder until the test is done."""
    key, cert = certificate(folder)
    server = Server(root, cert)
    web = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    web.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that was killed is what some tests are about
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    web.socket = context.wrap_socket(web.socket, server_side=True)
    server.port = web.server_address[1]
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        web.shutdown()
        web.server_close()
