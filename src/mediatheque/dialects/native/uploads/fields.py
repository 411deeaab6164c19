"""The fields of the files in a form: text parts that come before a file."""

from collections.abc import Callable
from typing import Any

import msgspec

from mediatheque.dialects.native.catalog.details import AssetDetails
from mediatheque.errors import Invalid, Malformed
from mediatheque.http.context import AppRequest
from mediatheque.http.request.json import decode_json, invalid_value
from mediatheque.http.upload.files_form import TextPart
from mediatheque.library.catalog.fields import AssetFields

_ASSET = "asset"
"""The name of a part with several fields as JSON."""
_JSON = frozenset({_ASSET, "metadata", "provenance"})
_REPEATED = frozenset({"tags", "tag_ids", "collection_ids"})
_OF_ONE_FILE = frozenset({"title", "caption", "external_id"})
"""Fields that belong to the next file only; any other holds for all later files, too, until it is given again."""


class FormFields:
    """The fields that hold for the next file of a form."""

    def __init__(self) -> None:
        self._former: dict[str, Any] = {}
        self._given: dict[str, Any] = {}
        self._error: Invalid | None = None

    def add(self, part: TextPart) -> None:
        """Take a text part. What is wrong with it is raised for the next file."""
        if part.name in _JSON:
            self._add_json(part)
        elif part.name in _REPEATED:
            self._given.setdefault(part.name, []).append(part.text)
        elif part.name in self._given:
            self._fail(Invalid(f"{part.name} must be given once.", param=part.name))
        else:
            self._given[part.name] = part.text

    def take(self, request: AppRequest) -> Callable[[], AssetFields]:
        """Return the function that makes the fields of the next file, or raises what is wrong with them."""
        error, values = self._error, self._former | self._given
        self._former = {name: value for name, value in values.items() if name not in _OF_ONE_FILE}
        self._given, self._error = {}, None

        def make() -> AssetFields:
            if error:
                raise error
            try:
                return msgspec.convert(values, AssetDetails, strict=False).fields(request)
            except msgspec.ValidationError as mismatch:
                raise invalid_value(mismatch) from None

        return make

    def _add_json(self, part: TextPart) -> None:
        try:
            value = decode_json(part.text.encode(), dict[str, Any])
        except (Malformed, Invalid):
            self._fail(Invalid(f"{part.name} is not a JSON object.", param=part.name))
        else:
            self._given |= value if part.name == _ASSET else {part.name: value}

    def _fail(self, error: Invalid) -> None:
        self._error = self._error or error
