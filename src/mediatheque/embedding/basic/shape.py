"""EfficientNet-Lite0's outer shape."""

SIDE = 224  # pixels of its square
FEATURES = 1280
CLASSES = 1000
