"""Runs the demo's steps on a platform of its own, and says how it went."""

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
from rich.console import Console

from algotrendy.api.backtest.v1.backtest_service_pb2 import GetBacktestEquityRequest
from algotrendy.backtest.report import write_report
from algotrendy.cli.demo.outcome import Outcome
from algotrendy.cli.demo.plan import Plan
from algotrendy.cli.demo.proof import (
    Proof,
    events_equal_journal,
    paper_equals_backtest,
    read_journal,
    replay_equals_state,
)
from algotrendy.cli.demo.report import report_content
from algotrendy.cli.demo.steps import DemoSteps, PaperRun
from algotrendy.cli.demo.stopwatch import Stopwatch
from algotrendy.cli.demo.summary import print_summary
from algotrendy.client.client import Client
from algotrendy.config.settings import load_settings
from algotrendy.platform.removal import remove_data_folder
from algotrendy.platform.supervisor import Running, platform

_OWN_DATA_DIR = Path("build/demo")


def run_demo(plan: Plan, *, data_dir: Path | None, report_path: Path) -> int:
    """Run the demo; return 0, or 1 where a proof does not hold. Errors are raised."""
    console = Console(highlight=False)
    if data_dir is None:
        # What an earlier run left is the demo's own; a folder the user named is never emptied.
        remove_data_folder(_OWN_DATA_DIR, postgres_home=load_settings().postgres_home)
    folder = _OWN_DATA_DIR if data_dir is None else data_dir
    stopwatch = Stopwatch(console)
    outcome = asyncio.run(_run(plan, folder, stopwatch))
    with stopwatch.step("Write the report"):
        write_report(report_path, report_content(outcome))
    print_summary(console, outcome, stopwatch, report_path)
    return 0 if outcome.proven else 1


async def _run(plan: Plan, folder: Path, stopwatch: Stopwatch) -> Outcome:
    settings = load_settings(data_dir=folder, http_port=0, grpc_port_base=0, log_level="WARNING")
    async with AsyncExitStack() as stack:
        with stopwatch.step("Start ten services, NATS and PostgreSQL"):
            running = await stack.enter_async_context(platform(settings))
        client = await stack.enter_async_context(Client(running.addresses))
        outcome = await _main_job(DemoSteps(client, plan), plan, running, client, stopwatch)
        with stopwatch.step("Stop the platform"):
            await stack.aclose()
    return outcome


async def _main_job(
    steps: DemoSteps, plan: Plan, running: Running, client: Client, stopwatch: Stopwatch
) -> Outcome:
    with stopwatch.step("Import market data") as progress:
        imports = []
        for source in plan.sources:
            progress.describe(source.symbol)
            imports.append(await steps.import_bars(source))
        bars = [await steps.bars(symbol) for symbol in plan.symbols]
        spans = await steps.spans()
    with stopwatch.step("Compute features, train, export and register a model"):
        model = await steps.train_model(spans)
    with stopwatch.step("Backtest on bars the model has not seen"):
        strategy = await steps.create_strategy(model)
        backtest = await steps.backtest(strategy, spans.backtest_start_ns, spans.paper_start_ns)
        backtest_fills = await steps.backtest_fills(backtest)
        equity = await client.backtests.GetBacktestEquity(
            GetBacktestEquityRequest(backtest_id=backtest.backtest_id)
        )
    with stopwatch.step("Trade the last span on paper, bar by bar") as progress:
        account = await steps.open_account()
        paper = await steps.paper_trade(strategy, account, spans, progress.update)
    with stopwatch.step("Prove paper = backtest, events = journal = state"):
        twin = await steps.backtest(strategy, spans.paper_start_ns, None)
        proofs = await _proofs(
            running, paper, paper_equals_backtest(paper.fills, await steps.backtest_fills(twin))
        )
    with stopwatch.step("Value the portfolio, ask the agent, count messages"):
        performance = await steps.performance(account, plan.symbols[-1], spans)
        answer = await steps.ask_agent("What do I hold, and how risky is it?", account)
        notification_count = await steps.notification_count()
    return Outcome(
        imports=imports,
        bars=bars,
        model=model,
        backtest=backtest,
        backtest_fills=backtest_fills,
        backtest_close_time_ns=np.array(equity.close_time_ns, dtype=np.int64),
        backtest_equity=np.array(equity.equity, dtype=np.int64) / 10.0**equity.scale,
        paper=paper,
        performance=performance,
        proofs=proofs,
        agent_answer=answer.text,
        notification_count=notification_count,
    )


async def _proofs(running: Running, paper: PaperRun, parity: Proof) -> list[Proof]:
    account_id = paper.account.account_id
    folder = running.context.data_folder.path
    # A copy, because opening a journal cuts its torn tail, and this one is being written to.
    copy = folder / "reports" / f"{account_id}.journal"
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / "journal" / f"{account_id}.journal", copy)
    journal = read_journal(copy)
    return [
        parity,
        await events_equal_journal(running.context.bus, journal, paper.account),
        replay_equals_state(journal, paper.account),
    ]
