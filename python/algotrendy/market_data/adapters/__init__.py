"""What the area reaches through its ports: files, the Parquet lake, NATS."""
