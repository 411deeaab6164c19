"""Settings of the processes that decode media."""

import msgspec


class SandboxConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the processes that open media. Each protects against files made to do harm."""

    memory_bytes: int = 1 << 30
    """Address space of one worker. A file that needs more is refused."""

    cpu_seconds: int = 8
    """Processor time that one file may use before its worker is killed, in whole seconds."""

    timeout_seconds: float = 10.0
    """Time that one file may take, from the moment a worker has it; 60 times as long in a worker process, whose
    decoders run when nothing else does."""

    tasks_per_worker: int = 5_000
    """A worker is replaced after this many files, so that a decoder's memory leak cannot grow without end. 0: never."""

    max_pixels: int = 1 << 28
    """Width times height of the largest picture that is accepted. Phones make 16,384 x 12,288, which is 201 million."""

    max_frames: int = 10_000
    """Frames of the longest animated picture that is accepted."""

    max_animation_pixels: int = 4_000_000_000
    """Width times height times frames of the largest animated picture that is accepted."""

    max_model_bytes: int = 1 << 30
    """Bytes that a 3D model may ask its viewer to allocate for one accessor or buffer."""

    max_json_bytes: int = 32 << 20
    """Size of the largest JSON description in a 3D model, in bytes."""

    max_text_bytes: int = 10 << 20
    """Size of the largest subtitle file, in bytes."""

    def __post_init__(self) -> None:
        """Check that no limit is zero, which would refuse every file; raises `ValueError` otherwise."""
        for name in self.__struct_fields__:
            value, minimum = getattr(self, name), 0 if name == "tasks_per_worker" else 1
            if value < minimum and not (name == "timeout_seconds" and value > 0):
                raise ValueError(f"{name}: must be at least {minimum}, not {value}")
