"""Where each provider's endpoint is and which key it gets, by the environment that is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from sheetjudge.errors import AccessError, ConfigError
from sheetjudge.llm import openai_package
from sheetjudge.llm.presets import Preset
from sheetjudge.llm.transport import host_of

KEY_VARIABLE = "SHEETJUDGE_API_KEY"

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_BY_PATH = frozenset({"", "v1", "latest", "preview"})


@dataclass(frozen=True, slots=True)
class Judge:
    """A hosted judge as named: `kind` is the provider, or `http` for an address given in full."""

    spec: str
    kind: str
    model: str
    preset: Preset


def is_local(url: str) -> bool:
    """Whether `url` names this machine."""
    return urlsplit(url).hostname in _LOCAL


def base_url_of(judge: Judge, environ: Mapping[str, str]) -> str:
    """The address to which `/chat/completions` is appended: the environment's, or the provider's own.

    Raises:
        AccessError: Azure's address isn't in the environment.
    """
    if judge.kind == "openai":
        return openai_package.environment(environ).base_url
    if judge.kind == "azure":
        if not environ.get("AZURE_OPENAI_ENDPOINT"):
            raise AccessError(
                "The environment variable AZURE_OPENAI_ENDPOINT isn't set.",
                "Set it to your resource's address, https://NAME.openai.azure.com.",
            )
        return environ["AZURE_OPENAI_ENDPOINT"]
    if judge.kind == "ollama" and (host := environ.get("OLLAMA_HOST")):
        # The variable also says where the server listens, and 0.0.0.0 is no place to go to.
        host = (host if "://" in host else f"http://{host}").replace("//0.0.0.0", "//localhost").rstrip("/")
        return f"{host}/v1" if urlsplit(host).port else f"{host}:11434/v1"
    return judge.preset.base_url


def key_of(judge: Judge, named: str, environ: Mapping[str, str], *, is_needed: bool) -> tuple[str, str]:
    """(variable, key) of a judge; ("", "") where it takes none.

    A provider's key goes to the provider, or to the address that the user set for that provider. An address given in
    full gets the key that was `named` for it, else that of SHEETJUDGE_API_KEY where it is set; never a provider's.

    Raises:
        AccessError: the variable isn't set though the key is needed, or holds what can't be a key.
    """
    variable = named or judge.preset.key_variable
    if judge.kind == "azure" and not named and environ.get("AZURE_OPENAI_AD_TOKEN"):
        variable = "AZURE_OPENAI_AD_TOKEN"
    is_free = not variable
    if is_free:
        if judge.kind != "http":
            return "", ""
        variable = KEY_VARIABLE
    key = environ.get(variable, "").strip()
    if not key and is_needed and not is_free:
        raise AccessError(
            f"The environment variable {variable} isn't set.",
            f"Set it to the key for {judge.spec}, or name another one with --judge-option api_key_env=NAME.",
        )
    if not is_sendable(key):
        raise AccessError(f"The key in {variable} holds characters that no key has.", "Copy it anew.")
    return variable, key


def is_sendable(value: str) -> bool:
    """Whether a header can carry it."""
    return value.isascii() and value.isprintable()


def address_and_headers(
    judge: Judge, base_url: str, credential: tuple[str, str], environ: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    """The full address of the POST, and the headers that carry the key.

    Args:
        judge: what was named.
        base_url: as `checked` returned it.
        credential: (variable, key) as `key_of` returned them.
        environ: the environment.
    """
    variable, key = credential
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if judge.kind == "openai":
        # Last, as in the package: custom headers may replace its own.
        headers |= openai_package.environment(environ).headers
    if judge.kind == "azure":
        if variable != "AZURE_OPENAI_AD_TOKEN":
            headers = {"api-key": key}
        return _azure_url(base_url, judge.model, environ.get("OPENAI_API_VERSION", "")), headers
    if judge.kind == "portkey":
        headers = {"x-portkey-api-key": key}
        for name in ("config", "provider"):
            if value := environ.get(f"PORTKEY_{name.upper()}"):
                headers[f"x-portkey-{name}"] = value
    return f"{base_url}/chat/completions", headers


def _azure_url(base: str, deployment: str, version: str) -> str:
    """Azure's address: by its v1 path, or by deployment and version where OPENAI_API_VERSION names one."""
    base = base.removesuffix("/v1").removesuffix("/openai")
    if version in _BY_PATH:
        return f"{base}/openai/v1/chat/completions"
    return f"{base}/openai/deployments/{deployment}/chat/completions?{urlencode({'api-version': version})}"


def checked(base_url: str) -> str:
    """`base_url` without its last slash and without the path that is appended anyway.

    Raises:
        ConfigError: it isn't the address of an HTTP endpoint, or holds a password or a query.
    """
    try:
        parts = urlsplit(base_url)
        fine = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and " " not in parts.netloc
        )
    except ValueError:
        parts, fine = urlsplit(""), False
    if not fine:
        raise ConfigError(f"The address {host_of(base_url) or base_url!r} can't be used.", "Write https://HOST/v1.")
    if "@" in parts.netloc or parts.query:
        raise ConfigError(
            f"The address of {host_of(base_url)} holds a password or a query.",
            "Put the key into an environment variable and name it with --judge-option api_key_env=NAME.",
        )
    return base_url.rstrip("/").removesuffix("/chat/completions")
