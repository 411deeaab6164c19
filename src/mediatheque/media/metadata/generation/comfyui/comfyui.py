"""What a ComfyUI graph says: the sampler that began the picture, and from it the prompts, the model and the size."""

from collections.abc import Mapping
from typing import Any

from mediatheque.media.metadata.generation import automatic1111
from mediatheque.media.metadata.generation.comfyui.conditioning import prompt_of
from mediatheque.media.metadata.generation.comfyui.graph import Graph, Node
from mediatheque.media.metadata.generation.comfyui.workflow import executed_form
from mediatheque.media.metadata.generation.values import integer, number, parse_object, text
from mediatheque.model import Generation

_COMMENTS = ("comment", "description", "parameters", "Comment")
_LATENT = ("latent_image", "latent", "samples", "latents", "image_embeds")
_MODEL = ("ckpt_name", "unet_name", "model_name", "gguf_name", "base_ckpt_name", "ckpt", "model")
_EMBEDS = ("text_embeds", "hyvid_embeds")
"""Inputs of samplers of films that take both prompts from one node."""

_SAMPLING = ("seed", "noise_seed", "steps", "sampler_name", "sigmas")
_PROMPTS = ("prompt", "positive_prompt", "text")


def read(texts: Mapping[str, str]) -> Generation | None:
    """Return what the graph in `prompt` or `workflow` says, which may both be inside one comment; None without one.

    The workflow that is kept is the editor's, which ComfyUI opens again; without it, the graph that was executed.
    """
    prompt, workflow = parse_object(texts.get("prompt")), parse_object(texts.get("workflow"))
    for name in _COMMENTS:
        if not prompt and not workflow and (comment := parse_object(texts.get(name))):
            prompt, workflow = _inner(comment, "prompt"), _inner(comment, "workflow")
    graph = Graph(prompt or {})
    if not graph.nodes:
        graph = Graph(executed_form(workflow or {}))
    if not graph.nodes:
        return None
    found = _read_graph(graph, workflow or prompt)
    return _filled(found, automatic1111.read(texts))


def _inner(comment: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return a graph in a comment: an object, or one written as text."""
    value = comment.get(name)
    return value if isinstance(value, dict) else parse_object(value if isinstance(value, str) else None)


def _read_graph(graph: Graph, workflow: dict[str, Any] | None) -> Generation:
    sampler = _first_sampler(graph)
    if sampler is None:
        prompts = (text(graph.value(node, *_PROMPTS)) for node in graph.nodes.values() if "Save" not in node.type)
        return Generation(tool="comfyui", prompt=next(filter(None, prompts), None), workflow=workflow)
    guider = graph.at(sampler.link("guider")) or sampler
    scheduler = graph.at(sampler.link("sigmas")) or sampler
    latent = graph.at(sampler.link(*_LATENT))
    return Generation(
        tool="comfyui",
        prompt=prompt_of(graph, guider.link("positive", "conditioning", "cond1", *_EMBEDS)),
        negative_prompt=_negative_prompt(graph, guider),
        model=_model(graph, guider),
        seed=integer(_seed(graph, sampler)),
        steps=integer(_nearest(graph, scheduler, "steps")),
        sampler=text(_sampler_name(graph, sampler)),
        scheduler=text(_nearest(graph, scheduler, "scheduler")),
        cfg_scale=number(graph.value(guider, "cfg") if guider is not sampler else graph.value(sampler, "cfg")),
        width=integer(_nearest(graph, latent, "width")),
        height=integer(_nearest(graph, latent, "height")),
        workflow=workflow,
    )


def _first_sampler(graph: Graph) -> Node | None:
    """Return the sampler that none feeds: later ones refine or enlarge. Those that redraw details have no latent."""
    samplers = {node.id: node for node in graph.nodes.values() if _is_sampler(node)}

    def rank(node: Node) -> tuple[bool, bool]:
        earlier = any(other.id in samplers for other in graph.upstream(node) if other is not node)
        return node.link(*_LATENT) is None, earlier

    return min(list(samplers.values())[:20], key=rank, default=None)


def _is_sampler(node: Node) -> bool:
    samples = any(name in node.inputs for name in _SAMPLING)
    return node.link("guider") is not None or (node.link("positive", *_EMBEDS) is not None and samples)


def _negative_prompt(graph: Graph, guider: Node) -> str | None:
    embeds = graph.at(guider.link(*_EMBEDS))
    if embeds and guider.link("negative") is None:
        return text(graph.value(embeds, "negative_prompt"))
    return prompt_of(graph, guider.link("negative"), negative=True)


def _seed(graph: Graph, sampler: Node) -> Any:
    noise = graph.at(sampler.link("noise"))
    return graph.value(noise, "noise_seed", "seed") if noise else graph.value(sampler, "seed", "noise_seed")


def _sampler_name(graph: Graph, sampler: Node) -> Any:
    selected = graph.at(sampler.link("sampler"))
    return graph.value(selected, "sampler_name") if selected else graph.value(sampler, "sampler_name")


def _model(graph: Graph, guider: Node) -> str | None:
    """Return the name that the loader has, behind whatever changes the model; an input that is the model is a link."""
    source = graph.at(guider.link("model"))
    nodes = graph.upstream(source, ("model", "unet", "base_model")) if source else iter(())
    names = (node.inputs.get(name) for node in nodes for name in _MODEL)
    return next((found for name in names if (found := text(name))), None)


def _nearest(graph: Graph, node: Node | None, name: str) -> Any:
    """Return the input of this name that is nearest upstream; None where that is computed."""
    nodes = graph.upstream(node) if node else iter(())
    return next((graph.value(each, name) for each in nodes if name in each.inputs), None)


def _filled(found: Generation, parameters: Generation | None) -> Generation:
    """Fill what the graph does not tell from the text beside it."""
    if parameters is None:
        return found
    fields = {name: getattr(found, name) or getattr(parameters, name) for name in found.__struct_fields__}
    return Generation(**fields)
