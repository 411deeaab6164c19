"""The values of EXIF that are kept (CIPA DC-008), by tag; in the order they are read where several have one name."""

IMAGE = {
    0x010E: "description",
    0x010F: "make",
    0x0110: "model",
    0x0112: "orientation",
    0x0131: "software",
    0x0132: "modified_at",
    0x013B: "artist",
    0x4746: "rating",
    0x8298: "copyright",
}
"""Of the first directory."""

WINDOWS = {0x9C9B: "title", 0x9C9C: "comment", 0x9C9D: "author", 0x9C9E: "keywords", 0x9C9F: "subject"}
"""Of the first directory, in UTF-16: Windows writes them."""

PHOTO = {
    0x829A: "exposure_time",
    0x829D: "f_number",
    0x8822: "exposure_program",
    0x8827: "iso",
    0x9003: "taken_at",
    0x9004: "digitized_at",
    0x9204: "exposure_bias",
    0x9207: "metering_mode",
    0x9209: "flash",
    0x920A: "focal_length",
    0xA001: "color_space",
    0xA402: "exposure_mode",
    0xA403: "white_balance",
    0xA404: "digital_zoom",
    0xA405: "focal_length_35mm",
    0xA406: "scene_type",
    0xA430: "owner",
    0xA431: "body_serial",
    0xA433: "lens_make",
    0xA434: "lens_model",
    0xA435: "lens_serial",
}
"""Of the directory that `PHOTO_DIRECTORY` points to."""

PHOTO_DIRECTORY, GPS_DIRECTORY = 0x8769, 0x8825
SOFTWARE, MAKER_NOTE, USER_COMMENT = 0x0131, 0x927C, 0x9286
TIMES = {"modified_at": 0x9010, "taken_at": 0x9011, "digitized_at": 0x9012}
"""Times, and the tag of their offset from UTC."""
