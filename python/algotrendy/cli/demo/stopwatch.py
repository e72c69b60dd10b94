"""The seconds of each step, printed as it ends, with a bar for what takes longer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class StepProgress:
    """Moves the bar of the running step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def update(self, completed: float, total: float) -> None:
        """Tell how far the step is."""
        self._progress.update(self._task, completed=completed, total=total)

    def describe(self, text: str) -> None:
        """Tell what the step does now."""
        self._progress.update(self._task, description=text)


class Stopwatch:
    """Times the steps of a run and prints one line for each."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[StepProgress]:
        """Time one step; the bar is gone when it ends, and one line stays."""
        start = time.perf_counter()
        columns = (
            SpinnerColumn(),
            TextColumn(f"{name} [dim]{{task.description}}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
        )
        # Where nobody watches, in a file or a pipe, a bar is only noise.
        hidden = not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=hidden) as progress:
            yield StepProgress(progress)
        self.seconds[name] = time.perf_counter() - start
        self._console.print(f"[green]✓[/] {name:<56} [dim]{self.seconds[name]:6.1f} s[/]")
