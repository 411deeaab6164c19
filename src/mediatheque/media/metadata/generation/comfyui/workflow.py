"""The graph as ComfyUI's editor saves it (`workflow`), turned into the form that is executed.

Files usually have both. Of nodes, the editor stores the values of their widgets in the order they are shown.
"""

from collections.abc import Sequence
from typing import Any

from mediatheque.media.metadata.generation.values import mapping

_MAX_NODES = 2_000
_MUTED = 2
_SIZE = ("width", "height", "batch_size")
_AFTER_SEED = frozenset({"fixed", "increment", "decrement", "randomize"})
_WIDGETS: dict[str, tuple[str, ...]] = {
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "KSampler": ("seed", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": ("add_noise", "noise_seed", "steps", "cfg", "sampler_name", "scheduler"),
    "SamplerCustom": ("add_noise", "noise_seed", "cfg"),
    "RandomNoise": ("noise_seed",),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "CFGGuider": ("cfg",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name", "weight_dtype"),
    "CLIPTextEncodeSDXL": ("", "", "", "", "", "", "text_g", "text_l"),
    "FluxGuidance": ("guidance",),
    "Flux2Scheduler": ("steps", "width", "height"),
    "LTXVScheduler": ("steps",),
    "PrimitiveNode": ("value",),
    "PrimitiveInt": ("value",),
    "PrimitiveString": ("value",),
    "PrimitiveStringMultiline": ("value",),
    "EmptyLatentImage": _SIZE,
    "EmptySD3LatentImage": _SIZE,
    "EmptyFlux2LatentImage": _SIZE,
    "EmptyHunyuanLatentVideo": ("width", "height", "length", "batch_size"),
    "EmptyLTXVLatentVideo": ("width", "height", "length", "batch_size"),
}
"""The first widgets of ComfyUI's own nodes; newer editors name those of all nodes."""


def executed_form(workflow: dict[str, Any]) -> dict[str, Any]:
    """Return the graph of the nodes that are not muted. Bypassed ones stay: what they are given goes through them.

    Nodes inside subgraphs are left out.
    """
    nodes, links = workflow.get("nodes"), _links(workflow.get("links"))
    found: dict[str, Any] = {}
    for node in (nodes if isinstance(nodes, list) else [])[:_MAX_NODES]:
        match node:
            case {"id": int() | str() as id, "type": str() as type} if node.get("mode") != _MUTED:
                found[str(id)] = {"class_type": type, "inputs": _inputs(node, links)}
    return found


def _links(links: Any) -> dict[int, list[Any]]:
    """Return where each link comes from, by its number."""
    found: dict[int, list[Any]] = {}
    for link in links if isinstance(links, list) else []:
        match link:
            case [int() as number, int() | str() as node, int() as slot, *_]:
                found[number] = [str(node), slot]
    return found


def _inputs(node: dict[str, Any], links: dict[int, list[Any]]) -> dict[str, Any]:
    sockets = node.get("inputs")
    named = [mapping(each) for each in sockets] if isinstance(sockets, list) else []
    shown = [name for each in named if isinstance(name := mapping(each.get("widget")).get("name"), str)]
    widgets = _values(node.get("widgets_values"), _WIDGETS.get(node["type"]), shown)
    linked = {each["name"]: links[each["link"]] for each in named if _is_linked(each, links)}
    return widgets | linked


def _is_linked(socket: dict[str, Any], links: dict[int, list[Any]]) -> bool:
    link = socket.get("link")
    return isinstance(socket.get("name"), str) and isinstance(link, int) and link in links


def _values(values: Any, known: Sequence[str] | None, shown: Sequence[str]) -> dict[str, Any]:
    """Name the values. Behind a seed the editor stores what becomes of it afterwards, which has no name.

    Older editors show only the widgets that were turned into inputs, which do not tell what the others are.
    """
    if isinstance(values, dict):
        return {name: value for name, value in values.items() if isinstance(name, str)}
    if not isinstance(values, list):
        return {}
    seeds = sum("seed" in name for name in shown)
    if known is None and not len(shown) <= len(values) <= len(shown) + seeds:
        return {}
    kept, waits = [], iter(values)
    for name, value in zip(known or shown, waits, strict=False):
        kept.append((name, value))
        if "seed" in name and (rest := next(waits, None)) not in _AFTER_SEED and rest is not None:
            break  # the widgets are others than we know
    return dict(kept)
