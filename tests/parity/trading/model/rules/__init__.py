"""The pre-trade checks, one function a rule."""
