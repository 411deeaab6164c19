"""Decoding query parameters into a Struct."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import inspect as types

from mediatheque.errors import InvalidQuery, Missing
from mediatheque.http.context import AppRequest
from mediatheque.http.request.query import query_param, query_params

_AT = re.compile(r"`\$\.(.+)`$")
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?")
_RULES: dict[type[types.Type], str] = {
    types.BoolType: "true or false",
    types.UUIDType: "an id",
    types.DateType: "a day, as in 2026-11-27",
    types.DateTimeType: "a time with a time zone, as in 2026-11-27T12:00:00Z",
}
_REPEATED = (types.ListType, types.VarTupleType, types.SetType, types.FrozenSetType)


class _Parameter(msgspec.Struct, frozen=True):
    """A field of the Struct as a parameter. `rule` is what it must be; `folds`: its values are lower-case words.

    `is_decimal`: a number with a fraction. msgspec reads the words of infinity as such a number; no rule admits it.
    """

    name: str
    rule: str
    is_required: bool
    is_repeated: bool
    folds: bool
    is_text: bool
    is_decimal: bool

    def read(self, request: AppRequest) -> Any:
        """Return what was sent, None for nothing. Raises `InvalidQuery` and `Missing`."""
        if self.is_repeated:
            texts = query_params(request, self.name)
            return [text.lower() for text in texts] if self.folds else texts
        text = query_param(request, self.name)
        if not text and (text is None or self.folds or self.is_text):
            if self.is_required:
                raise Missing(f"{self.name} is required.", param=self.name)
            return None
        if self.is_decimal and not _DECIMAL.fullmatch(text):
            raise InvalidQuery(f"{self.name} must be {self.rule}.", param=self.name)
        return text.lower() if self.folds else text


def query_reader(shape: type[msgspec.Struct]) -> Callable[[AppRequest], Any]:
    """Return the function that reads the Struct from a request's query; parameters without a field are ignored.

    A parameter that may be repeated is a field of several values. An empty one counts as missing, unless it is a
    number. The function raises `InvalidQuery`, and `Missing` for a field without a default.
    """
    parameters = tuple(_parameter(field) for field in msgspec.structs.fields(shape))
    rules = {parameter.name: parameter.rule for parameter in parameters}
    by_length = sorted(rules, key=len, reverse=True)
    absent = None if any(parameter.is_required for parameter in parameters) else msgspec.convert({}, shape)

    def read(request: AppRequest) -> Any:
        if absent is not None and not request.scope["query_string"]:
            return absent
        given = {each.name: sent for each in parameters if (sent := each.read(request)) not in (None, [])}
        try:
            return msgspec.convert(given, shape, strict=False)
        except msgspec.ValidationError as error:
            at = _AT.search(str(error))
            name = next((each for each in by_length if at and at[1].startswith(each)), "")
            raise InvalidQuery(f"{name} must be {rules[name]}." if name else str(error), param=name or None) from None

    return read


def _parameter(field: msgspec.structs.FieldInfo) -> _Parameter:
    kind = _without_null(types.type_info(field.type))
    is_repeated = isinstance(kind, _REPEATED)
    each = _without_null(kind.item_type) if isinstance(kind, _REPEATED) else kind
    return _Parameter(
        name=field.encode_name,
        rule=_rule(each),
        is_required=field.required,
        is_repeated=is_repeated,
        folds=_folds(each),
        is_text=isinstance(each, types.StrType),
        is_decimal=isinstance(each, types.FloatType),
    )


def _without_null(kind: types.Type) -> types.Type:
    """Return the type without None, and without the constraint-free wrapper of Annotated."""
    if isinstance(kind, types.Metadata):
        return _without_null(kind.type)
    if isinstance(kind, types.UnionType):
        others = [each for each in kind.types if not isinstance(each, types.NoneType)]
        return _without_null(others[0]) if len(others) == 1 else kind
    return kind


def _words(kind: types.Type) -> list[str]:
    """Return the words that the type admits; none if it is no enumeration."""
    if isinstance(kind, types.EnumType):
        return [str(member.value) for member in kind.cls]
    return [str(value) for value in kind.values] if isinstance(kind, types.LiteralType) else []


def _folds(kind: types.Type) -> bool:
    words = _words(kind)
    return isinstance(kind, types.BoolType) or (bool(words) and all(word == word.lower() for word in words))


def _rule(kind: types.Type) -> str:
    """Say what a value must be, after "must be"."""
    match kind:
        case types.IntType() | types.FloatType():
            number = "a whole number" if isinstance(kind, types.IntType) else "a number"
            least = f" from {kind.ge}" if kind.ge is not None else ""
            return number + least + (f" to {kind.le}" if kind.le is not None else "")
        case types.StrType():
            return f"text of at most {kind.max_length} characters" if kind.max_length else "text of the right form"
    return _RULES.get(type(kind)) or f"one of {', '.join(_words(kind))}"
