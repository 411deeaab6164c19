"""InvokeAI: `invokeai_metadata` since version 3, `sd-metadata` before; the graph or the workflow beside it."""

from collections.abc import Mapping
from typing import Any

from mediatheque.media.metadata.generation.values import integer, mapping, number, parse_object, text
from mediatheque.model import Generation

_TOOL = "invokeai"


def read(texts: Mapping[str, str]) -> Generation | None:
    """Return what InvokeAI wrote; None without its keywords."""
    workflow = parse_object(texts.get("invokeai_workflow")) or parse_object(texts.get("invokeai_graph"))
    values = parse_object(texts.get("invokeai_metadata")) or _core_metadata(workflow)
    if values:
        return _of_metadata(values, workflow)
    if old := parse_object(texts.get("sd-metadata")):
        return _of_old_metadata(old)
    return Generation(tool=_TOOL, workflow=workflow) if workflow else None


def _core_metadata(graph: dict[str, Any] | None) -> dict[str, Any]:
    """Return the inputs of the graph's node that collects the metadata."""
    nodes = mapping(mapping(graph).get("nodes"))
    found = (mapping(node) for key, node in nodes.items() if key.startswith("core_metadata"))
    return next(found, {})


def _of_metadata(values: dict[str, Any], workflow: dict[str, Any] | None) -> Generation:
    return Generation(
        tool=_TOOL,
        prompt=text(values.get("positive_prompt")),
        negative_prompt=text(values.get("negative_prompt")),
        model=_model(values.get("model")),
        seed=integer(values.get("seed")),
        steps=integer(values.get("steps")),
        sampler=text(values.get("scheduler")),
        cfg_scale=number(values.get("cfg_scale", values.get("guidance"))),
        width=integer(values.get("width")),
        height=integer(values.get("height")),
        workflow=workflow,
    )


def _model(value: Any) -> str | None:
    """Models are named in different ways, version by version."""
    names = mapping(value)
    return text(value) or text(names.get("name")) or text(names.get("model_name")) or text(names.get("key"))


def _of_old_metadata(values: dict[str, Any]) -> Generation:
    """Prompts were lists of parts with weights; what is in brackets in them was the negative prompt."""
    image = mapping(values.get("image"))
    prompt = image.get("prompt")
    if isinstance(prompt, list):
        prompt = ", ".join(part for each in prompt[:100] if (part := text(mapping(each).get("prompt"))))
    return Generation(
        tool=_TOOL,
        prompt=text(prompt),
        model=text(values.get("model_weights")),
        seed=integer(image.get("seed")),
        steps=integer(image.get("steps")),
        sampler=text(image.get("sampler")),
        cfg_scale=number(image.get("cfg_scale")),
        width=integer(image.get("width")),
        height=integer(image.get("height")),
    )
