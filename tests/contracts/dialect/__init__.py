"""Contracts that hold for every operation of every dialect.

A test module subclasses the suites that fit an operation and names its `endpoint`: `Keyed` if it requires a key,
`TakesFiles` for uploads, with `TakesForms` or `TakesBodies` by their framing, `TakesJson`. Endpoints are data in
`tests/dialects/<dialect>/endpoints.py`, with a table from error class to status and code.
"""

from tests.contracts.dialect.endpoint import Endpoint, ErrorTable, StatusAndCode, Suite
from tests.contracts.dialect.files import TakesBodies, TakesFiles
from tests.contracts.dialect.forms import TakesForms
from tests.contracts.dialect.json import TakesJson
from tests.contracts.dialect.keyed import Keyed

__all__ = [
    "Endpoint",
    "ErrorTable",
    "Keyed",
    "StatusAndCode",
    "Suite",
    "TakesBodies",
    "TakesFiles",
    "TakesForms",
    "TakesJson",
]
