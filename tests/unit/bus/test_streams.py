import nats.errors
import nats.js.errors
import pytest

from algotrendy.bus.streams import failures_typed
from algotrendy.errors import AlgoTrendyError, StorageFullError, UnavailableError


@pytest.mark.parametrize(
    ("failure", "error_class"),
    [
        (
            nats.js.errors.APIError(code=503, err_code=10077, description="maximum bytes exceeded"),
            StorageFullError,
        ),
        (
            nats.js.errors.APIError(code=503, err_code=10023, description="insufficient resources"),
            StorageFullError,
        ),
        (
            nats.js.errors.APIError(code=503, err_code=10008, description="not available"),
            UnavailableError,
        ),
        (nats.js.errors.NoStreamResponseError(), UnavailableError),
        (nats.errors.ConnectionClosedError(), UnavailableError),
        (nats.errors.TimeoutError(), UnavailableError),
        (TimeoutError(), UnavailableError),
    ],
)
def test_failures_of_nats_are_ours(failure: Exception, error_class: type[AlgoTrendyError]) -> None:
    action = "publish OrderFilled"
    with pytest.raises(error_class, match=action) as refusal, failures_typed(action):
        raise failure
    assert type(refusal.value) is error_class
