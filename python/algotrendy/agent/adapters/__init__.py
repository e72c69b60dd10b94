"""The technologies and areas behind the agent area's ports."""
