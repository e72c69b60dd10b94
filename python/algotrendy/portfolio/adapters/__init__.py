"""The technologies behind the portfolio area's ports."""
