"""The wire: certificates, proxies, and what an interrupted call leaves behind."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import pytest

from sheetjudge.errors import ConfigError, ConnectionFailed, JudgeUnusable
from sheetjudge.llm.providers import JudgeConfig, parse_judge
from sheetjudge.llm.transport import Endpoint, Timeouts, Transport, proxy_for
from tests.llm.conftest import ask_one, model_at
from tests.servers.chat_server import Fault


@pytest.fixture
def certificate(tmp_path):
    """(server's context, file of the authority) for 127.0.0.1, made on the spot."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "cert.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, str(file)


def test_an_unknown_authority_is_refused_for_good_and_a_named_one_is_trusted(serve, certificate):
    context, file = certificate
    server = serve(tls=context)
    with pytest.raises(JudgeUnusable, match="can't be trusted") as caught:
        ask_one(model_at(server.url))
    assert "SSL_CERT_FILE" in str(caught.value)
    assert ask_one(model_at(server.url, ca_file=file)).text


def test_a_certificate_file_that_is_none_is_said(serve, tmp_path, certificate):
    server = serve(tls=certificate[0])
    for file in (tmp_path / "missing.pem", tmp_path):
        with pytest.raises(ConfigError, match="certificate file"):
            ask_one(model_at(server.url, ca_file=str(file)))


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("https://h/v1", {}, None),
        ("https://h/v1", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://h/v1", {"https_proxy": "p:1", "HTTPS_PROXY": "http://q:1"}, "http://p:1"),
        ("https://h/v1", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://h/v1", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("http://h/v1", {"ALL_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("http://a.b.c/v1", {"ALL_PROXY": "http://p:1", "NO_PROXY": " x, b.c"}, None),
        ("http://ab.c/v1", {"ALL_PROXY": "http://p:1", "NO_PROXY": "b.c"}, "http://p:1"),
        ("http://h:8/v1", {"ALL_PROXY": "http://p:1", "NO_PROXY": "h:8"}, None),
    ],
)
def test_which_proxy(url, environ, proxy):
    assert proxy_for(url, environ) == proxy


def test_an_unreachable_proxy_is_named_without_its_password(serve):
    server = serve()
    server.__exit__()
    with pytest.raises(ConnectionFailed, match="proxy") as caught:
        ask_one(model_at("http://judge.example/v1", proxy=f"http://me:hush@127.0.0.1:{server.port}"))
    assert "hush" not in str(caught.value)
    assert str(server.port) in str(caught.value)


def test_a_cancelled_call_leaves_its_connection_unused_and_the_next_call_works(serve):

    def behave(_request, number):
        return Fault("hang") if number == 0 else None

    server = serve(behave)

    async def run():
        transport = Transport(Endpoint(f"{server.url}/chat/completions", timeouts=Timeouts(5, 30)))
        body = b'{"messages": [{"content": "x"}]}'
        first = asyncio.create_task(transport.post(body))
        await asyncio.to_thread(server.wait_for_request)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        second = await transport.post(body)
        await transport.aclose()
        return second

    assert asyncio.run(run()).status == 200


def test_an_address_that_is_none_is_a_mistake_in_the_set_up():
    with pytest.raises(ConfigError, match="can't be used"):
        parse_judge("http://[::1/v1#m", {}, JudgeConfig())
    with pytest.raises(ConfigError):
        ask_one(model_at("http://h:99999/v1"))
