"""Pictures by their URLs, from hosts that the operator allows, and from nowhere else.

A name is resolved once, every address that it leads to must be public, and the connection goes to an
address that was checked: a name server that answers differently the next time (DNS rebinding) is not asked
a next time. TLS and the header Host still speak of the name. Redirects are not followed. No proxy, cookie
or password of this machine is used.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence

import httpx2

from rumorscope.errors import InputError
from rumorscope.service.public_addresses import is_public
from rumorscope.service.settings import Settings

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_PORTS = {"https": 443, "http": 80}
_MOST_AT_ONCE = 8  # over all requests, so that the service is no means to flood a host


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises OSError where there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Fetcher:
    """Fetches what the settings allow."""

    def __init__(
        self,
        settings: Settings,
        *,
        resolve: Resolve = resolve,
        is_allowed: Callable[[str], bool] = is_public,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`is_allowed` judges an address; `tls` says which certificates are trusted, else the system's."""
        self._settings = settings
        self._resolve = resolve
        self._is_allowed = is_allowed
        self._tls = tls or (httpx2.create_ssl_context(trust_env=False) if settings.fetch_hosts else None)
        self._free = asyncio.Semaphore(_MOST_AT_ONCE)

    async def __call__(self, url: str, take: Callable[[int], None]) -> bytes:
        """The bytes under a URL; `take` counts them while they come.

        Raises InputError, in words that tell nothing of this machine's networks, and what `take` raises.
        """
        target = self._checked(url)
        seconds = self._settings.fetch_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._fetched(target, take)
        except TimeoutError:
            raise InputError(f"the picture at {target.host} did not come within {seconds:g} s") from None

    def _checked(self, url: str) -> httpx2.URL:
        if not self._settings.fetch_hosts:
            raise InputError(
                "pictures are not fetched by their URLs here; send the picture's file as data (base64), "
                "or have the operator allow its host by the setting fetch_hosts"
            )
        try:
            target = httpx2.URL(url)
        except httpx2.InvalidURL:
            raise InputError("a picture's url is no URL; write it as https://HOST/PATH") from None
        schemes = ("https", "http") if self._settings.fetch_http else ("https",)
        if target.scheme not in schemes:
            raise InputError(f"a picture's url must begin with {' or '.join(f'{one}://' for one in schemes)}")
        if target.userinfo:
            raise InputError("a picture's url must hold no user name and no password")
        if not any(_matches(allowed, target) for allowed in self._settings.fetch_hosts):
            raise InputError("pictures are not fetched from this url's host; send the file as data (base64)")
        return target

    async def _fetched(self, target: httpx2.URL, take: Callable[[int], None]) -> bytes:
        async with self._free:
            for address in await self._addresses(target):
                try:
                    return await self._from(address, target, take)
                except httpx2.ConnectError:
                    continue  # as for any name: the next of its addresses
                except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError, OSError):
                    raise InputError(f"the picture at {target.host} broke off, or came garbled") from None
        raise InputError(
            f"{target.host} cannot be reached, or proves not to be it; send the file as data (base64)"
        )

    async def _addresses(self, target: httpx2.URL) -> Sequence[str]:
        try:
            found = await self._resolve(_host(target), _port(target))
        except (OSError, UnicodeError):
            raise InputError(f"{target.host} is not known; check the picture's url") from None
        if not found or not all(map(self._is_allowed, found)):
            raise InputError(f"{target.host} does not lead to the public internet alone; it is not asked")
        return found

    async def _from(self, address: str, target: httpx2.URL, take: Callable[[int], None]) -> bytes:
        pinned = target.copy_with(host=address)
        headers = {"Host": target.netloc.decode("ascii"), "Accept": "image/*", "Accept-Encoding": "identity"}
        named = {"sni_hostname": _host(target)}
        # A client of its own: a connection that is kept is found again by address, whatever the name was.
        async with (
            httpx2.AsyncClient(verify=self._tls or True, trust_env=False, timeout=None) as client,
            client.stream("GET", pinned, follow_redirects=False, headers=headers, extensions=named) as answer,
        ):
            self._check(answer, target.host)
            return await self._body(answer, take)

    def _check(self, answer: httpx2.Response, host: str) -> None:
        if answer.is_redirect:
            raise InputError(f"{host} sends on to another address, which is not followed; give the last one")
        if answer.status_code != 200:
            raise InputError(f"{host} answered {answer.status_code} instead of a picture")
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise InputError(f"{host} sent the picture packed, though asked not to")

    async def _body(self, answer: httpx2.Response, take: Callable[[int], None]) -> bytes:
        body, most = bytearray(), self._settings.fetch_bytes
        async for block in answer.aiter_raw():
            if len(body) + len(block) > most:
                raise InputError(f"the picture has more than {most} bytes; scale it down")
            take(len(block))
            body += block
        return bytes(body)


def _host(url: httpx2.URL) -> str:
    return url.raw_host.decode("ascii").lower()


def _port(url: httpx2.URL) -> int:
    return url.port or _PORTS[url.scheme]


def _matches(allowed: str, url: httpx2.URL) -> bool:
    """Whether a host is one of those meant by `name`, `name:port`, `*.name` or `*.name:port`."""
    name, _, port = allowed.lower().partition(":")
    if _port(url) != (int(port) if port else _PORTS[url.scheme]):
        return False
    host = _host(url)
    return host.endswith(name[1:]) if name.startswith("*.") else host == name
