"""The OpenAPI 3.1 document of the native API, made of its operations' declarations, and the reference page made of it.

Types are described by msgspec in JSON Schema 2020-12, the dialect of OpenAPI 3.1. A field that every answer has must
have no default in its Struct: msgspec describes what it decodes, where a default makes a field optional.
"""

from mediatheque.dialects.native.openapi.document import build_document

__all__ = ["build_document"]
