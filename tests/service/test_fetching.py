"""Pictures by URL: from a server in a thread, under names that only a resolver of the tests knows."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from rumorscope.errors import InputError
from rumorscope.scoring.scorer import Scorer
from rumorscope.service.app import create_app
from rumorscope.service.fetching import Fetcher, resolve
from rumorscope.service.settings import Settings
from service.browsing import served
from tiny import tiny_picture

PICTURE = tiny_picture("teal")
HOST = "pics.example.org"


class Handler(BaseHTTPRequestHandler):
    """Answers by path, and remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(dict(self.headers.items()))
        if self.path == "/picture":
            self._send(200, PICTURE)
        elif self.path == "/redirect":
            self._send(302, b"", Location="http://169.254.169.254/latest/meta-data/")
        elif self.path == "/packed":
            self._send(200, b"packed", **{"Content-Encoding": "gzip", "Content-Length": "6"})
        elif self.path == "/drip":
            self._drip()
        elif self.path == "/endless":
            self._endless()
        else:
            self._send(404, b"")

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not self.server.closing.wait(0.05):
            self.wfile.write(b".")

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        while not self.server.closing.is_set():
            self.wfile.write(b"." * 10_000)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """On a free port of this machine, which is public for these tests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, str]] = []
        self.closing = threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that cuts a connection off, as these tests have it do, is no trouble."""


class Names:
    """A name server with an answer for each question; the last one stays."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    with Server() as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join(30)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def settings(server: Server, **others: Any) -> Settings:
    return Settings(fetch_hosts=(f"{HOST}:{server.server_port}",), fetch_http=True, **others)


def fetch(fetcher: Fetcher, url: str) -> bytes:
    return asyncio.run(fetcher(url, lambda size: None))


def fetched(server: Server, path: str, **others: Any) -> bytes:
    names = Names(["127.0.0.1"])
    fetcher = Fetcher(settings(server, **others), resolve=names, is_allowed=lambda address: True)
    return fetch(fetcher, f"http://{HOST}:{server.server_port}{path}")


def test_a_picture_comes_from_the_resolved_address_under_its_own_name(server: Server) -> None:
    assert fetched(server, "/picture") == PICTURE
    (asked,) = server.asked
    assert asked["Host"] == f"{HOST}:{server.server_port}"
    assert "Cookie" not in asked
    assert "Authorization" not in asked


def test_its_bytes_are_counted(server: Server) -> None:
    counted: list[int] = []
    fetcher = Fetcher(settings(server), resolve=Names(["127.0.0.1"]), is_allowed=lambda address: True)
    asyncio.run(fetcher(f"http://{HOST}:{server.server_port}/picture", counted.append))
    assert sum(counted) == len(PICTURE)


def test_a_proxy_of_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetched(server, "/picture") == PICTURE


def test_a_name_that_is_bound_anew_after_the_check_leads_nowhere_else(server: Server) -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    fetcher = Fetcher(settings(server), resolve=names, is_allowed=lambda address: address == "127.0.0.1")
    url = f"http://{HOST}:{server.server_port}/picture"
    assert fetch(fetcher, url) == PICTURE
    assert names.asked == [HOST]  # once: the connection asked no name server
    with pytest.raises(InputError, match="public"):
        fetch(fetcher, url)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
        ["64:ff9b::7f00:1"],
        ["8.8.8.8", "127.0.0.1"],  # one of several is enough
        [],
    ],
)
def test_a_name_that_leads_inside_is_not_asked(server: Server, addresses: list[str]) -> None:
    fetcher = Fetcher(settings(server), resolve=Names(addresses))
    with pytest.raises(InputError, match="public") as refused:
        fetch(fetcher, f"http://{HOST}:{server.server_port}/picture")
    assert not any(address in str(refused.value) for address in addresses)
    assert server.asked == []


@pytest.mark.parametrize(
    "name", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1", "localhost"]
)
def test_this_machine_is_refused_however_it_is_spelled_even_where_it_is_allowed(
    server: Server, name: str
) -> None:
    port = server.server_port
    fetcher = Fetcher(Settings(fetch_hosts=(f"{name}:{port}",), fetch_http=True), resolve=resolve)
    with pytest.raises(InputError, match=r"public|not known|no URL"):
        fetch(fetcher, f"http://{name}:{port}/picture")
    assert server.asked == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://pics.example.org/a", "https://"),
        ("file:///etc/passwd", "https://"),
        ("gopher://pics.example.org/", "https://"),
        ("//pics.example.org/a", "https://"),
        ("https://", "host"),
        ("https://[::1/a", "no URL"),
        ("https://other.example.org/a", "host"),
        ("https://pics.example.org.evil.example/a", "host"),
        ("https://evilpics.example.org/a", "host"),
        ("https://pics.example.org:8443/a", "host"),
        ("https://pics.example.org./a", "host"),
        ("https://pics.example.org@evil.example/a", "password"),
        ("https://evil.example\\@pics.example.org/a", r"host|URL|password"),
        ("https://[::1]/a", "host"),
        ("https://127.0.0.1/a", "host"),
        ("https://2130706433/a", "host"),
        ("https://example.com/a", "host"),  # *.example.com is of what stands before it
    ],
)
def test_what_is_not_allowed_is_not_even_resolved(url: str, words: str) -> None:
    names = Names(["8.8.8.8"])
    fetcher = Fetcher(Settings(fetch_hosts=(HOST, "*.example.com")), resolve=names)
    with pytest.raises(InputError, match=words):
        fetch(fetcher, url)
    assert names.asked == []


@pytest.mark.parametrize("url", ["https://PICS.example.org/a", "https://a.b.example.com:443/a"])
def test_what_is_allowed_is_resolved(url: str) -> None:
    names = Names(["127.0.0.1"])
    with pytest.raises(InputError, match="public"):
        fetch(Fetcher(Settings(fetch_hosts=(HOST, "*.example.com")), resolve=names), url)
    assert names.asked == [url.split("/")[2].removesuffix(":443").lower()]


@pytest.mark.parametrize(
    ("path", "words"),
    [("/redirect", "not followed"), ("/nothing", "404"), ("/packed", "packed"), ("/endless", "100000 bytes")],
)
def test_what_is_no_picture_is_told(server: Server, path: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        fetched(server, path, fetch_bytes=100_000)
    assert "127.0.0.1" not in str(refused.value)
    assert len(server.asked) == 1


def test_a_body_that_drips_is_cut_off(server: Server) -> None:
    with pytest.raises(InputError, match=r"within 0\.5 s"):
        fetched(server, "/drip", fetch_seconds=0.5)


def test_an_address_where_nothing_listens_is_told_without_naming_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    allowed = Settings(fetch_hosts=(f"{HOST}:{port}",), fetch_http=True)
    fetcher = Fetcher(allowed, resolve=Names(["127.0.0.1"]), is_allowed=lambda address: True)
    with pytest.raises(InputError, match="cannot be reached") as refused:
        fetch(fetcher, f"http://{HOST}:{port}/picture")
    assert "127.0.0.1" not in str(refused.value)


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side for that name, and a client's that trusts it alone."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(plain + certificate.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=certificate.public_bytes(pem).decode())


@pytest.mark.parametrize(("certificate", "comes"), [(HOST, True), ("other.example.org", False)])
def test_tls_speaks_of_the_name_and_not_of_the_address(tmp_path: Path, certificate: str, comes: bool) -> None:
    own, trusting = certified(tmp_path, certificate)
    spoken: list[str | None] = []
    own.sni_callback = lambda connection, name, context: spoken.append(name)
    with serving(own) as server:
        allowed = Settings(fetch_hosts=(f"{HOST}:{server.server_port}",))
        names = Names(["127.0.0.1"])
        fetcher = Fetcher(allowed, resolve=names, is_allowed=lambda address: True, tls=trusting)
        url = f"https://{HOST}:{server.server_port}/picture"
        if comes:
            assert fetch(fetcher, url) == PICTURE
        else:
            with pytest.raises(InputError, match="proves not to be it"):
                fetch(fetcher, url)
            assert server.asked == []
    assert set(spoken) == {HOST}


def test_the_service_answers_a_url_with_the_posts_error_and_judges_the_others() -> None:
    body = {"posts": [{"id": "a", "images": [{"url": "https://pics.example.org/a"}]}, {"text": "calm"}]}
    with served(create_app(Scorer.load("compact"), Settings())) as address:
        off = httpx2.post(f"{address}v1/score", json=body, timeout=60).json()["verdicts"]
        explained = httpx2.post(f"{address}v1/explain", json=body, timeout=60).json()
        both = {"posts": [{"images": [{"url": "https://a.example/", "data": ""}]}]}
        assert httpx2.post(f"{address}v1/score", json=both, timeout=60).status_code == 422
    assert off[0]["id"] == "a"
    assert "fetch_hosts" in off[0]["error"]
    assert off[1]["error"] is None
    assert explained["inputs"][0] is None
    assert explained["inputs"][1] is not None


@pytest.mark.parametrize(
    "host", ["https://example.org", "*", "*.", "a.*.org", "example.org/path", "[::1]", ""]
)
def test_settings_refuse_what_is_no_host(host: str) -> None:
    with pytest.raises(ValidationError, match="no host"):
        Settings(fetch_hosts=(host,))


def test_the_systems_resolver_gives_addresses() -> None:
    found = asyncio.run(resolve("127.0.0.1", 80))
    assert [ipaddress.ip_address(address).is_loopback for address in found] == [True]
