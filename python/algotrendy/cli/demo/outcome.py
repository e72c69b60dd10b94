"""What a run of the demo found, as the table and the report show it."""

from dataclasses import dataclass

from algotrendy.api.backtest.v1.backtest_service_pb2 import Backtest
from algotrendy.api.market_data.v1.market_data_service_pb2 import ImportBarsResponse
from algotrendy.api.ml.v1.model_pb2 import Model
from algotrendy.api.portfolio.v1.portfolio_service_pb2 import GetPerformanceResponse
from algotrendy.cli.demo.proof import Proof
from algotrendy.cli.demo.steps import PaperRun
from algotrendy.domain.bar import BarColumns, Float64Column, Int64Column
from algotrendy.domain.fill import Fill
from algotrendy.domain.instrument import InstrumentKind


@dataclass(frozen=True)
class Outcome:
    """Everything the demo has to tell."""

    imports: list[ImportBarsResponse]
    bars: list[BarColumns]
    model: Model
    backtest: Backtest
    backtest_fills: list[Fill]
    backtest_close_time_ns: Int64Column
    backtest_equity: Float64Column
    paper: PaperRun
    performance: GetPerformanceResponse
    proofs: list[Proof]
    agent_answer: str
    notification_count: int

    @property
    def trades_an_index(self) -> bool:
        """Whether a symbol is an index, which itself cannot be traded."""
        return any(one.instrument.kind is InstrumentKind.INDEX for one in self.bars)

    @property
    def proven(self) -> bool:
        """Whether every proof holds."""
        return all(proof.holds for proof in self.proofs)
