"""HeyGen v3's account, which clients ask for to test a key."""

from litestar import get

from mediatheque.http.context import AppRequest
from mediatheque.http.request.auth import require_scope
from mediatheque.model import Scope


@get(["/v3/users/me", "/v3/user/me"], guards=[require_scope(*Scope)])
async def get_current_user(request: AppRequest) -> dict[str, dict[str, str]]:
    """GET /v3/users/me: the workspace as the user. [documented] The four fields are required; nobody's name is known.

    [observed] Older versions of heygen-cli ask for /v3/user/me.
    """
    return {"data": {"username": request.principal.workspace, "email": "", "first_name": "", "last_name": ""}}


ROUTES = (get_current_user,)
