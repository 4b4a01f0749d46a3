"""What the services of an Apps Script project keep between calls: properties, cache, locks, triggers."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sheetjudge.sandbox.problems import ApiError, Json, bad_request

PROPERTY_BYTES = 9 * 1024
PROPERTY_STORE_BYTES = 500 * 1024
CACHE_KEY_LETTERS = 250
CACHE_BYTES = 100 * 1024
CACHE_SECONDS = 21_600
EXECUTION_SECONDS = 360
TRIGGERS = 20
_NAP_SECONDS = 20


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


@dataclass(slots=True)
class Store:
    """The state, for all pages together. Each method takes and returns JSON; refusals are `ApiError`.

    Args:
        now: seconds, for what runs out.
    """

    now: Callable[[], float] = time.time
    properties: dict[str, dict[str, str]] = field(default_factory=dict)
    triggers: list[Json] = field(default_factory=list)
    _cache: dict[str, dict[str, tuple[str, float]]] = field(default_factory=dict)
    _locks: dict[str, tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get_properties(self, body: Json) -> Json:
        """All properties of a store (`document:ID`, `script`, `user:EMAIL`)."""
        with self._lock:
            return {"properties": dict(self.properties.get(str(body["store"]), {}))}

    def set_properties(self, body: Json) -> Json:
        """Set properties, within PropertiesService's limits; `replace` forgets those that aren't named."""
        given = {str(name): str(value) for name, value in body["properties"].items()}
        with self._lock:
            kept = {} if body.get("replace") else self.properties.get(str(body["store"]), {})
            found = kept | given
            if any(_size(value) > PROPERTY_BYTES for value in given.values()):
                raise bad_request("Argument too large: value")
            if sum(_size(name) + _size(value) for name, value in found.items()) > PROPERTY_STORE_BYTES:
                raise bad_request(
                    "You have exceeded the property storage quota. Please remove some properties and try again."
                )
            self.properties[str(body["store"])] = found
        return {}

    def delete_properties(self, body: Json) -> Json:
        """Forget some properties, or without `names` all of a store."""
        with self._lock:
            kept = self.properties.setdefault(str(body["store"]), {})
            for name in body.get("names") or list(kept):
                kept.pop(str(name), None)
        return {}

    def get_cache(self, body: Json) -> Json:
        """Those of some keys that the cache still holds."""
        now = self.now()
        with self._lock:
            held = self._cache.get(str(body["store"]), {})
            found = {name: held[name] for name in body["names"] if name in held}
        return {"values": {name: value for name, (value, until) in found.items() if until > now}}

    def put_cache(self, body: Json) -> Json:
        """Keep values for some seconds, within CacheService's limits."""
        seconds = min(max(float(body["seconds"]), 1.0), CACHE_SECONDS)
        given = {str(name): str(value) for name, value in body["values"].items()}
        for name, value in given.items():
            if len(name) > CACHE_KEY_LETTERS:
                raise bad_request("Argument too large: key")
            if _size(value) > CACHE_BYTES:
                raise bad_request("Argument too large: value")
        with self._lock:
            held = self._cache.setdefault(str(body["store"]), {})
            held.update({name: (value, self.now() + seconds) for name, value in given.items()})
        return {}

    def remove_cache(self, body: Json) -> Json:
        """Forget some keys."""
        with self._lock:
            held = self._cache.setdefault(str(body["store"]), {})
            for name in body["names"]:
                held.pop(name, None)
        return {}

    def try_lock(self, body: Json) -> Json:
        """Take a lock for an execution if nobody else has it."""
        name, owner = str(body["lock"]), str(body["execution"])
        with self._lock:
            holder, until = self._locks.get(name, ("", 0.0))
            taken = holder == owner or until < self.now()
            if taken:
                self._locks[name] = (owner, self.now() + EXECUTION_SECONDS)
        return {"taken": taken}

    def release(self, body: Json) -> Json:
        """Give up one lock of an execution, or without `lock` all: it has ended."""
        owner = str(body["execution"])
        with self._lock:
            for name, (holder, _) in list(self._locks.items()):
                if holder == owner and body.get("lock", name) == name:
                    del self._locks[name]
        return {}

    def list_triggers(self) -> Json:
        """All triggers of the project."""
        with self._lock:
            return {"triggers": [dict(one) for one in self.triggers]}

    def add_trigger(self, body: Json) -> Json:
        """Install a trigger: `handler`, `type` and what else its builder said."""
        with self._lock:
            if len(self.triggers) >= TRIGGERS:
                raise bad_request("This script has too many triggers. Triggers must be deleted from the script.")
            made = dict(body["trigger"]) | {"id": str(secrets.randbelow(2**63))}
            self.triggers.append(made)
        return {"trigger": made}

    def delete_trigger(self, body: Json) -> Json:
        """Take a trigger away."""
        with self._lock:
            self.triggers[:] = [one for one in self.triggers if one["id"] != body["id"]]
        return {}

    def sleep(self, body: Json) -> Json:
        """Let an execution sleep: at most 5 minutes, as Utilities.sleep, in pieces of at most 20 seconds."""
        seconds = float(body["seconds"])
        if not 0 <= seconds <= _NAP_SECONDS:
            raise ApiError(400, "The playground sleeps up to 20 seconds at a time.")
        time.sleep(seconds)
        return {}
