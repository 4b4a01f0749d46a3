"""From what `sheetjudge serve` was given to what it works with. Everything that can be wrong is found here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheetjudge.errors import ConfigError
from sheetjudge.ops.settings import load_settings
from sheetjudge.service.auth import Door, SecretDoor, TokenDoor, allow_list, read_secret
from sheetjudge.service.certificates import Certificates, from_host
from sheetjudge.service.offer import Offer, make_offer
from sheetjudge.service.requests import Place
from sheetjudge.tables.credentials import find_identity, host_of

_ALWAYS = ("concurrency", "rpm", "tpm")


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """Where Google is, and what to call whoever asks it."""

    place: Place
    who: str


def place_of(credentials: str | None, environment: Mapping[str, str]) -> FoundPlace:
    """Where Google is: at the server that gave out the credentials.

    Args:
        credentials: path of a file; None for the configured one, or whatever is found.

    Raises:
        AccessError: there are no credentials.
    """
    settings = load_settings(environment)
    file = credentials or settings.credentials or environment.get("GOOGLE_APPLICATION_CREDENTIALS", "")
    host = host_of(file) if file else ""
    identity = find_identity(file or None, home=settings.home, environment=environment, host=host)
    return FoundPlace(Place(host, file), identity.shown)


def door_of(audiences: Sequence[str], allow: Sequence[str], secret_file: str | None, place: FoundPlace) -> Door:
    """Who is let in.

    Raises:
        ConfigError: nobody is said to be, or not clearly.
    """
    if secret_file is not None:
        if audiences:
            raise ConfigError(
                "--audience is for Google's ID tokens, --shared-secret-file for a private network.", "Give one of them."
            )
        return SecretDoor(read_secret(secret_file), allow_list(allow or ("*",)))
    if not audiences or not all(audience.strip() for audience in audiences):
        raise ConfigError(
            "Nobody could be let in: no script is named.",
            "Name the client ID that the sidebar's Set up shows with --audience, or give --shared-secret-file.",
        )
    if not allow:
        raise ConfigError(
            "It isn't said who may ask.",
            "Name addresses or domains with --allow (--allow '*' for anybody who can open the script).",
        )
    certificates = Certificates(from_host(place.place.host))
    return TokenDoor(tuple(audience.strip() for audience in audiences), allow_list(allow), certificates)


def offer_of(given: Mapping[str, Any], environment: Mapping[str, str]) -> Offer:
    """What may be asked, from the options of the command.

    Raises:
        SheetjudgeError: a judge can't be offered.
    """
    always = {key: given[key] for key in _ALWAYS if given.get(key) is not None}
    return make_offer(given["judges"], environment, ceiling=given["ceiling"], max_rows=given["max_rows"], always=always)
