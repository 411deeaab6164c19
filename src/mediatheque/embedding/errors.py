"""The error of embedders."""


class ModelError(ValueError):
    """A model's spec is wrong, or its files cannot be loaded."""
