"""Options that several commands have."""

from pathlib import Path
from typing import Annotated, Final

import typer

DataDir = Annotated[
    Path, typer.Option("--data-dir", help="The one folder that everything is kept under.")
]
DATA_DIR: Final = Path("data")
