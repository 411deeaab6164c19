"""Graphs of ComfyUI, in the form that is executed and in the editor's."""

from typing import Any

Graph = dict[str, Any]


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": kind}}


def basic(**sampler: Any) -> Graph:
    """ComfyUI's default graph."""
    return {
        "4": node("CheckpointLoaderSimple", ckpt_name="dream_8.safetensors"),
        "5": node("EmptyLatentImage", width=512, height=768, batch_size=1),
        "6": node("CLIPTextEncode", text="a cat at night", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="watermark", clip=["4", 1]),
        "3": node(
            "KSampler",
            **{
                "seed": 18446744073709551615,
                "steps": 20,
                "cfg": 8,
                "sampler_name": "euler",
                "scheduler": "normal",
                "denoise": 1,
                "model": ["4", 0],
                "positive": ["6", 0],
                "negative": ["7", 0],
                "latent_image": ["5", 0],
            }
            | sampler,
        ),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", filename_prefix="ComfyUI", images=["8", 0]),
    }


BASIC_SAID = {
    "tool": "comfyui",
    "prompt": "a cat at night",
    "negative_prompt": "watermark",
    "model": "dream_8.safetensors",
    "seed": 18446744073709551615,
    "steps": 20,
    "sampler": "euler",
    "scheduler": "normal",
    "cfg_scale": 8.0,
    "width": 512,
    "height": 768,
}


def flux() -> Graph:
    """A guider, a noise and a schedule of their own, as graphs of Flux have."""
    return {
        "1": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
        "2": node("LoraLoaderModelOnly", lora_name="film.safetensors", model=["1", 0]),
        "3": node("CLIPTextEncodeFlux", clip_l="a cat", t5xxl="a cat on the moon", guidance=3.5, clip=["9", 0]),
        "4": node("FluxGuidance", guidance=3.5, conditioning=["3", 0]),
        "5": node("BasicGuider", model=["2", 0], conditioning=["4", 0]),
        "6": node("RandomNoise", noise_seed=77),
        "7": node("KSamplerSelect", sampler_name="dpmpp_2m"),
        "8": node("BasicScheduler", scheduler="simple", steps=28, denoise=1.0, model=["2", 0]),
        "10": node("EmptySD3LatentImage", width=1024, height=640, batch_size=1),
        "11": node(
            "SamplerCustomAdvanced",
            noise=["6", 0],
            guider=["5", 0],
            sampler=["7", 0],
            sigmas=["8", 0],
            latent_image=["10", 0],
        ),
        "12": node("VAEDecode", samples=["11", 0], vae=["13", 0]),
        "14": node("SaveImage", images=["12", 0]),
    }


FLUX_SAID = {
    "tool": "comfyui",
    "prompt": "a cat\na cat on the moon",
    "model": "flux1-dev.safetensors",
    "seed": 77,
    "steps": 28,
    "sampler": "dpmpp_2m",
    "scheduler": "simple",
    "width": 1024,
    "height": 640,
}


def refined() -> Graph:
    """A second sampler behind the first, prompts from nodes of text, and nodes that change conditioning between."""
    return basic(seed=["20", 0], positive=["25", 0], negative=["25", 1]) | {
        "1": node(
            "KSamplerAdvanced",
            noise_seed=5,
            steps=99,
            cfg=1.0,
            sampler_name="ddim",
            scheduler="karras",
            model=["4", 0],
            positive=["6", 0],
            negative=["7", 0],
            latent_image=["3", 0],
        ),
        "20": node("PrimitiveInt", value=1234),
        "21": node("PrimitiveStringMultiline", value="a dog"),
        "22": node("StringConcatenate", string_a=["21", 0], string_b="in the rain", delimiter=", "),
        "6": node("CLIPTextEncode", text=["22", 0], clip=["4", 1]),
        "23": node("CLIPTextEncode", text="by a lake", clip=["4", 1]),
        "24": node("ConditioningCombine", conditioning_1=["6", 0], conditioning_2=["23", 0]),
        "25": node(
            "ControlNetApplyAdvanced",
            positive=["24", 0],
            negative=["7", 0],
            control_net=["26", 0],
            image=["27", 0],
            strength=1.0,
        ),
    }


def film() -> Graph:
    """A sampler of Wan, whose prompts come from one node; one of them through a switch."""
    return {
        "1": node("WanVideoModelLoader", model="Wan2_1-T2V.safetensors", base_precision="fp16"),
        "2": node("WanVideoSetLoRAs", model=["1", 0], lora=["9", 0]),
        "3": node("WanVideoTextEncode", positive_prompt=["6", 0], negative_prompt="static", t5=["8", 0]),
        "4": node("WanVideoEmptyEmbeds", width=832, height=480, num_frames=81),
        "5": node(
            "WanVideoSampler",
            model=["2", 0],
            text_embeds=["3", 0],
            image_embeds=["4", 0],
            steps=30,
            cfg=6.0,
            seed=47,
            scheduler="unipc",
        ),
        "6": node("LazySwitchKJ", switch=["7", 0], on_true=["10", 0], on_false=["11", 0]),
        "7": node("PrimitiveBoolean", value=False),
        "10": node("PrimitiveStringMultiline", value="a prompt that is off"),
        "11": node("PrimitiveStringMultiline", value="a cat runs"),
    }


FILM_SAID = {
    "tool": "comfyui",
    "prompt": "a cat runs",
    "negative_prompt": "static",
    "model": "Wan2_1-T2V.safetensors",
    "seed": 47,
    "steps": 30,
    "scheduler": "unipc",
    "cfg_scale": 6.0,
    "width": 832,
    "height": 480,
}


def editors() -> dict[str, Any]:
    """The default graph as the editor saves it: widgets without names, links by number."""

    def shown(id: int, kind: str, widgets: list[Any], **links: int) -> dict[str, Any]:
        inputs = [{"name": name, "type": "*", "link": link} for name, link in links.items()]
        return {"id": id, "type": kind, "mode": 0, "inputs": inputs, "widgets_values": widgets}

    sampler = [9, "randomize", 20, 8, "euler", "normal", 1]
    return {
        "last_node_id": 9,
        "nodes": [
            shown(4, "CheckpointLoaderSimple", ["dream_8.safetensors"]),
            shown(5, "EmptyLatentImage", [512, 768, 1]),
            shown(6, "CLIPTextEncode", ["a cat at night"], clip=3),
            shown(7, "CLIPTextEncode", ["watermark"], clip=5),
            shown(3, "KSampler", sampler, model=1, positive=4, negative=6, latent_image=2),
        ],
        "links": [
            [1, 4, 0, 3, 0, "MODEL"],
            [2, 5, 0, 3, 3, "LATENT"],
            [3, 4, 1, 6, 0, "CLIP"],
            [4, 6, 0, 3, 1, "CONDITIONING"],
            [5, 4, 1, 7, 0, "CLIP"],
            [6, 7, 0, 3, 2, "CONDITIONING"],
        ],
        "version": 0.4,
    }
