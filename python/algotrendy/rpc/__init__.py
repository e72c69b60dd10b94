"""The gRPC edge that every area shares: servers, channels, errors and words of the wire."""
