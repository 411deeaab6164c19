"""The measurements, in the order of the table's rows. Each module measures one server once."""

from bench.measurements import asset_json, large_upload, many_photos, memory_peak, small_file, unwritten
from bench.measurements.base import EXTENTS, Extent, Load, Measurement

MEASUREMENTS: list[Measurement] = [
    large_upload.MEASUREMENT,
    many_photos.MEASUREMENT,
    many_photos.WITH_MANY_SENDERS,
    small_file.MEASUREMENT,
    asset_json.MEASUREMENT,
    memory_peak.MEASUREMENT,
    unwritten.MEASUREMENT,
]

__all__ = ["EXTENTS", "MEASUREMENTS", "Extent", "Load", "Measurement"]
