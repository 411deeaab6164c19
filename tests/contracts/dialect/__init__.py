"""What every operation of every dialect must do, whatever its words.

A test module subclasses the suites that fit an operation and names its `door`: `Keyed` for those that want a key,
`TakesFiles` for uploads, with `TakesForms` or `TakesBodies` after their framing, `TakesJson`. The doors are data in
`tests/dialects/<dialect>/door.py`; what a refusal looks like is in there too, as a table from meaning to answer.
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
