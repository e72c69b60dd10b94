"""One file per technology behind a port of the gateway."""
