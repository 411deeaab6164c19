"""Declaring an operation of the native API: everything about it is read from the handler's signature and docstring.

    @get("/api/assets/{id}", scope=Scope.ASSETS_READ, not_found=AssetNotFound)
    async def get_asset(request: AppRequest, id: UUID) -> AssetShape:
        '''Get an asset.'''

The handler's parameters, by name: `request`; `query` and `body`, Structs; `claim`, the claim on the Idempotency-Key,
which every mutation takes; `if_match`, the revision of If-Match; any other is a part of the path. It returns a Struct,
or None for a 204. A Struct with `revision` is answered with an ETag.
"""

from mediatheque.dialects.native.endpoint.declare import delete, get, patch, post, put
from mediatheque.dialects.native.endpoint.handler import showing
from mediatheque.dialects.native.endpoint.operation import Operation, as_option, operation_of

__all__ = ["Operation", "as_option", "delete", "get", "operation_of", "patch", "post", "put", "showing"]
