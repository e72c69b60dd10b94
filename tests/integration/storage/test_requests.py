import asyncio

import psycopg_pool
import pytest

from algotrendy.api.trading.v1 import trading_service_pb2
from algotrendy.errors import InvalidArgumentError, RequestIdReusedError
from algotrendy.storage.requests import PostgresRequests, fingerprint

pytestmark = pytest.mark.integration


def body(name: str) -> bytes:
    return fingerprint(trading_service_pb2.OpenAccountRequest(display_name=name))


async def test_a_repeated_request_gets_the_id_of_the_first(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    requests = PostgresRequests(pool, "trading")
    assert await requests.reserve("request-1", body("a"), "first") == "first"
    assert await requests.reserve("request-1", body("a"), "second") == "first"
    assert await requests.reserve("request-2", body("a"), "third") == "third"


async def test_another_body_is_refused(pool: psycopg_pool.AsyncConnectionPool) -> None:
    requests = PostgresRequests(pool, "trading")
    await requests.reserve("request-1", body("a"), "first")
    with pytest.raises(RequestIdReusedError) as refusal:
        await requests.reserve("request-1", body("b"), "second")
    assert refusal.value.metadata == {"request_id": "request-1"}


async def test_areas_do_not_share_request_ids(pool: psycopg_pool.AsyncConnectionPool) -> None:
    await PostgresRequests(pool, "trading").reserve("request-1", body("a"), "account")
    other = PostgresRequests(pool, "backtest")
    assert await other.reserve("request-1", body("b"), "backtest") == "backtest"


async def test_requests_at_the_same_time_get_one_id(
    pool: psycopg_pool.AsyncConnectionPool,
) -> None:
    requests = PostgresRequests(pool, "trading")
    ids = await asyncio.gather(
        *(requests.reserve("request-1", body("a"), f"id-{n}") for n in range(8))
    )
    assert len(set(ids)) == 1


@pytest.mark.parametrize("request_id", ["", "x" * 65])
async def test_a_request_id_has_1_to_64_characters(
    pool: psycopg_pool.AsyncConnectionPool, request_id: str
) -> None:
    with pytest.raises(InvalidArgumentError):
        await PostgresRequests(pool, "trading").reserve(request_id, body("a"), "first")
