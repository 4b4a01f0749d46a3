"""One HTTP POST to a chat-completions endpoint, at close to what the socket costs.

Why not the `openai` client on this path: measured with `tests/bench/http_throughput.py` (1,000 calls, 64 in flight,
50 ms a reply), it spends 2 to 3 ms of CPU a call (building and validating models, copying options and headers,
httpx2), so that one thread saturates at 300 to 400 calls a second; `import openai` alone takes longer than a
run may take to its first call. `aiohttp` used directly spends 0.4 ms. What is kept of the package are its
conventions: variables, headers, errors (see `openai_package`), and its types for those who check theirs.

What makes the difference, beside leaving the client out:
- one session, its headers built once; no cookie jar; no redirects (a redirected POST would carry the key along);
- the proxy is looked up once: aiohttp's `trust_env` starts a thread for each request to read the environment;
- as many connections as calls in flight, so that no call waits for a connection;
- idle connections are dropped after 4 s, before the 5 s at which common servers (uvicorn) drop theirs: a POST sent
  into a connection that is just being closed fails, and can't be repeated without perhaps paying twice.
"""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sheetjudge import __version__
from sheetjudge.errors import (
    CallTimedOut,
    ConfigError,
    ConnectionFailed,
    JudgeUnusable,
    ModelError,
    RequestRefused,
)
from sheetjudge.llm.words import one_line

if TYPE_CHECKING:
    import aiohttp

USER_AGENT = f"sheetjudge/{__version__}"
IDLE_SECONDS = 4.0
DNS_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait: `connect` for a connection (name, TCP, TLS), `total` for the whole call."""

    connect: float = 10.0
    total: float = 120.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where requests go and what goes with each.

    Attributes:
        url: the full address of the POST.
        headers: sent with each request; they hold the key, so they are left out of `repr`.
        proxy: address of an HTTP proxy, or None. It may hold a password.
        max_reply_bytes: a longer reply (after decompression) is refused.
        ca_file: PEM file of certificate authorities to trust instead of the system's (`SSL_CERT_FILE`), or "".
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    proxy: str | None = field(default=None, repr=False)
    timeouts: Timeouts = Timeouts()
    max_reply_bytes: int = 16 * 2**20
    ca_file: str = ""

    @property
    def host(self) -> str:
        """Name of the host (and port, where it isn't the scheme's own) that the text goes to."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in any case) and body of a reply, whatever the status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def host_of(url: str) -> str:
    """Host and, where given, port of `url`, without user and password; also of an address that is none."""
    return re.split("[/?#]", url.partition("//")[2], maxsplit=1)[0].rpartition("@")[2]


def proxy_for(url: str, environ: Mapping[str, str]) -> str | None:
    """The proxy that the environment names for `url` (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, in either case).

    Raises:
        ConfigError: the proxy isn't an HTTP proxy.
    """
    parts = urlsplit(url)
    found = {
        name: value
        for name in (f"{parts.scheme}_proxy", "all_proxy", "no_proxy")
        if (value := environ.get(name) or environ.get(name.upper()))
    }
    proxy = found.get(f"{parts.scheme}_proxy") or found.get("all_proxy")
    if not proxy:
        return None
    if _bypassed(parts.hostname or "", found.get("no_proxy", "")):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(proxy).scheme not in ("http", "https"):
        raise ConfigError(
            f"The environment names a {urlsplit(proxy).scheme} proxy for {host_of(url)}.",
            "Only HTTP proxies can be used; set HTTPS_PROXY to one, or name the host in NO_PROXY.",
        )
    return proxy


def _bypassed(host: str, no_proxy: str) -> bool:
    """Whether `no_proxy` (a comma-separated list of names, `.suffixes` or `*`) lists `host`."""
    names = [name.strip().lstrip(".").partition(":")[0].lower() for name in no_proxy.split(",")]
    return any(name in ("*", host) or host.endswith(f".{name}") for name in names if name)


class Transport:
    """Posts bytes to one endpoint over kept connections.

    The session is opened by the first call, in that call's event loop. A transport serves one loop at a time; used
    in another loop (a second `asyncio.run`, say), it opens a new session there.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._url: Any = None

    async def post(self, body: bytes, url: str = "") -> Answer:
        """Send `body` as JSON and read the whole reply, once.

        Args:
            body: JSON in UTF-8.
            url: another address at the same host; "" for the endpoint's own.

        Raises:
            ConnectionFailed: no connection, or it broke before the reply was complete.
            CallTimedOut: no complete reply within `timeouts.total`.
            ConfigError: the address or the certificate file can't be used.
            JudgeUnusable: the server's certificate can't be trusted.
            RequestRefused: the reply is longer than `max_reply_bytes`.
        """
        import aiohttp

        session = self._session
        if session is None or self._loop is not asyncio.get_running_loop():
            session = self._open()
        try:
            response = await session.post(url or self._url, data=body, allow_redirects=False, proxy=self.endpoint.proxy)
            try:
                return Answer(response.status, response.headers, await self._read(response))
            finally:
                response.release()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise connection_error(error, self.endpoint) from None

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        limit = self.endpoint.max_reply_bytes
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_any():
            size += len(chunk)
            if size > limit:
                response.close()
                raise RequestRefused(
                    f"{self.endpoint.host} sent a reply of more than {limit // 2**20} MiB.",
                    "A judge's reply is a few kilobytes: check that the address is a chat-completions endpoint.",
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp
        from yarl import URL

        endpoint = self.endpoint
        secure = endpoint.url.startswith("https:")
        self._loop = asyncio.get_running_loop()
        try:
            self._url = URL(endpoint.url)
        except ValueError:
            raise ConfigError(f"The address {endpoint.host} can't be used.", "Write https://HOST/v1.") from None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,
                keepalive_timeout=IDLE_SECONDS,
                ttl_dns_cache=DNS_SECONDS,
                ssl=tls_context(endpoint.ca_file) if secure else True,
            ),
            headers={"Content-Type": "application/json", "Accept": "application/json", "User-Agent": USER_AGENT}
            | dict(endpoint.headers),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=endpoint.timeouts.total, connect=endpoint.timeouts.connect),
        )
        return self._session

    async def aclose(self) -> None:
        """Close the connections. May be called twice, and from another loop than the one that opened them."""
        session, self._session = self._session, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """A verifying client context; made once a session, because loading the authorities takes tens of milliseconds.

    The operating system's authorities are trusted (`truststore`, as the `openai` package does), or those of `ca_file`.

    Raises:
        ConfigError: `ca_file` can't be read.
    """
    if not ca_file:
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ConfigError(
            f"The certificate file {ca_file} can't be used: {one_line(str(error))}.",
            "SSL_CERT_FILE has to name a PEM file of certificate authorities.",
        ) from None


def connection_error(error: BaseException, endpoint: Endpoint) -> ModelError:
    """The error of ours that says what went wrong between here and the server."""
    import aiohttp

    host = endpoint.host
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ConnectionFailed(
            f"{host} gave no connection within {endpoint.timeouts.connect:g} s.",
            "Check the address and the network, or set a longer connect timeout.",
        )
    if isinstance(error, TimeoutError):
        return CallTimedOut(
            f"{host} gave no complete answer within {endpoint.timeouts.total:g} s.",
            "Set a longer timeout, or fewer calls at once.",
        )
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return JudgeUnusable(
            f"The certificate of {host} can't be trusted: {one_line(str(error.certificate_error))}.",
            "Check the address; name your organisation's authorities with SSL_CERT_FILE.",
        )
    return _unreachable(error, endpoint) or _broken(error, host)


def _unreachable(error: BaseException, endpoint: Endpoint) -> ConnectionFailed | None:
    """The error where no connection came about."""
    import aiohttp

    host = endpoint.host
    if isinstance(error, aiohttp.ClientProxyConnectionError | aiohttp.ClientHttpProxyError):
        status = f" (status {error.status})" if isinstance(error, aiohttp.ClientHttpProxyError) else ""
        return ConnectionFailed(
            f"The proxy {host_of(endpoint.proxy or '')} gave no connection to {host}{status}.",
            "Check HTTPS_PROXY, or name the host in NO_PROXY.",
        )
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ConnectionFailed(f"The name {host} can't be resolved.", "Check the address and the network.")
    if isinstance(error, aiohttp.ClientSSLError):
        return ConnectionFailed(
            f"No TLS connection with {host}: {one_line(str(error.__cause__ or error))}.",
            "Check that the address should begin with https and not http.",
        )
    if isinstance(error, aiohttp.ClientConnectorError):
        number = error.os_error.errno
        reason = os.strerror(number) if number else one_line(str(error.os_error))
        return ConnectionFailed(f"{host} can't be reached: {reason}.", "Check the address and that the server runs.")
    return None


def _broken(error: BaseException, host: str) -> ConnectionFailed:
    """The error where a connection ended before the answer did."""
    import aiohttp

    if isinstance(error, aiohttp.ClientPayloadError):
        return ConnectionFailed(f"{host} closed the connection half-way through its answer.")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return ConnectionFailed(f"{host} closed the connection without an answer.")
    if isinstance(error, aiohttp.ClientResponseError):
        return ConnectionFailed(
            f"{host} doesn't speak HTTP as expected: {one_line(error.message)}.", "Check the address and its port."
        )
    reason = one_line(getattr(error, "strerror", None) or str(error) or type(error).__name__)
    return ConnectionFailed(f"The connection to {host} broke: {reason}.")
