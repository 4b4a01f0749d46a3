"""Colours as Google keeps them: single-precision channels, and each colour also in its `...Style` form."""

from __future__ import annotations

import math
import struct
from typing import Any

from sheetjudge.sandbox.problems import Json

_CHANNELS = ("red", "green", "blue", "alpha")
_THEME = {"TEXT": "#000000", "BACKGROUND": "#ffffff", "LINK": "#1155cc"}
_LONGEST_SINGLE = 9
_ROUNDING = 1e-4  # so that k / 255, rounded to single precision, is k again


def single(value: float) -> float | int:
    """The shortest number that is the same in single precision, which is how Google answers colours."""
    packed = struct.pack("<f", value)
    (value,) = struct.unpack("<f", packed)
    for digits in range(1, _LONGEST_SINGLE + 1):
        short = float(f"{value:.{digits}g}")
        if struct.pack("<f", short) == packed:
            return int(short) if short == int(short) else short
    return value


def color(value: Json) -> Json:
    """A Color as it comes back: channels are kept as whole numbers up to 255; those of 0 are left out."""
    found = {name: single(math.floor(value[name] * 255 + _ROUNDING) / 255) for name in _CHANNELS if value.get(name)}
    return {name: channel for name, channel in found.items() if channel}


def color_style(value: Json) -> Json:
    """A ColorStyle, its colour tidied."""
    return {"rgbColor": color(value["rgbColor"])} if "rgbColor" in value else dict(value)


def with_styles(value: Any) -> Any:
    """JSON in which every `...Color` has its `...ColorStyle` beside it and the other way round, as Google answers."""
    if isinstance(value, list):
        return [with_styles(item) for item in value]
    if not isinstance(value, dict):
        return value
    result: Json = {}
    for name, part in value.items():
        if name.endswith(("ColorStyle", "colorStyle")):
            result[name] = color_style(part)
            if "rgbColor" in part:
                result[name.removesuffix("Style")] = color(part["rgbColor"])
        elif name == "color" or (name.endswith("Color") and name != "rgbColor"):
            result[name] = color(part)
            result.setdefault(name + "Style", {"rgbColor": color(part)})
        else:
            result[name] = with_styles(part)
    return result


def css_color(style: Json | None) -> str | None:
    """A ColorStyle as CSS writes it."""
    if not style:
        return None
    if "themeColor" in style:
        return _THEME.get(str(style["themeColor"]))
    rgb = style.get("rgbColor", {})
    return "#" + "".join(f"{round(float(rgb.get(name, 0)) * 255):02x}" for name in ("red", "green", "blue"))
