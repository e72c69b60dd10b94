"""What accounts hold, what it is worth and how it did next to a benchmark."""
