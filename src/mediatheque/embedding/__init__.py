"""What the bytes mean: vectors of texts and pictures. Makes them and keeps none."""
