"""The technologies behind the notification area's ports."""
