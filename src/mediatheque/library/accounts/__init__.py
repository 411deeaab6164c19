"""Workspaces, API keys and upload tokens.

A key reads `mtq_<id, 32 hex>_<secret>`. The secret holds 256 random bits, so one round of SHA-256 protects it as well
as a slow hash would. An upload token `mtp_...` is short-lived and stands for its key: it is an HMAC under the key's
hash, so it ends with the key. A reader of the table of keys could forge upload tokens, which are accepted at
`/files/upload` only.
"""

from mediatheque.library.accounts.accounts import Accounts

__all__ = ["Accounts"]
