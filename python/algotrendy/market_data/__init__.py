"""Market data: imported, kept in a lake, served as history and as a stream of bars."""
