"""What the area reaches through its ports: LightGBM, ONNX Runtime, MLflow, NATS, other areas."""
