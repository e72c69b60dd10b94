"""The portfolio area's metric: `portfolio_value{portfolio_id}`."""

from decimal import Decimal

from algotrendy.telemetry import metrics


class PrometheusGauge:
    """See `ports.ValueGauge`."""

    def show(self, portfolio_id: str, equity: Decimal) -> None:
        """See `ports.ValueGauge`."""
        metrics.PORTFOLIO_VALUE.labels(portfolio_id).set(float(equity))
