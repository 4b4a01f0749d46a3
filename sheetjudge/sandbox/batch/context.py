"""What every handler of a batch is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheetjudge.sandbox.book import Book
from sheetjudge.sandbox.masks import Mask, parse_mask
from sheetjudge.sandbox.problems import Json, bad_request
from sheetjudge.sandbox.shapes import check_mask


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch under way.

    Args:
        book: the draft that the requests change.
        caller: e-mail address of who sent the batch.
        project: the caller's project, which owns developer metadata of visibility PROJECT.
    """

    book: Book
    caller: str
    project: str


Handler = Callable[[Batch, Json], Json]


def fields_of(request: Json, message: str) -> Mask:
    """The mask of a request that updates a message of this name.

    Raises:
        ApiError: no field is named, or one that the message doesn't have.
    """
    if not request.get("fields"):
        raise bad_request("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    mask = parse_mask(request["fields"])
    check_mask(mask, message)
    return mask


def with_twins(mask: Mask) -> Mask:
    """The mask with each colour's other form beside it, since Google keeps the two in step."""
    found: Mask = {}
    for name, branch in mask.items():
        found[name] = with_twins(branch)
        if name.endswith(("ColorStyle", "colorStyle")):
            found[name.removesuffix("Style")] = {}
        elif name == "color" or (name.endswith("Color") and name != "rgbColor"):
            found[name + "Style"] = {}
    return found
