"""ComfyUI: the graph of nodes that made a file, and what it says about the prompt and the sampler."""
