"""Features, labels, training, registry and inference."""
