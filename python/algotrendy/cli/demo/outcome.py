"""What a run of the demo found, as the table and the report show it."""

from dataclasses import dataclass

from algotrendy.api.backtest.v1.backtest_service_pb2 import Backtest
from algotrendy.api.market_data.v1.market_data_service_pb2 import (
    GetBarsResponse,
    ImportBarsResponse,
)
from algotrendy.api.ml.v1.model_pb2 import Model
from algotrendy.api.portfolio.v1.portfolio_service_pb2 import GetPerformanceResponse
from algotrendy.api.trading.v1.trading_pb2 import Fill
from algotrendy.cli.demo.proof import Proof
from algotrendy.cli.demo.steps import PaperRun


@dataclass(frozen=True)
class Outcome:
    """Everything the demo has to tell."""

    imports: list[ImportBarsResponse]
    bars: list[GetBarsResponse]
    model: Model
    backtest: Backtest
    backtest_fills: list[Fill]
    backtest_close_times_ns: list[int]
    backtest_equity: list[float]
    paper: PaperRun
    performance: GetPerformanceResponse
    proofs: list[Proof]
    agent_answer: str
    notification_count: int

    @property
    def proven(self) -> bool:
        """Whether every proof holds."""
        return all(proof.holds for proof in self.proofs)
