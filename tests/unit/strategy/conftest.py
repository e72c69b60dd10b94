import pytest

from algotrendy.testing.strategy import StrategyArea


@pytest.fixture
def area() -> StrategyArea:
    return StrategyArea()
