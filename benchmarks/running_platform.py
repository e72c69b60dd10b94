"""`algotrendy up` on a folder of its own, in a process of its own, and accounts there."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from algotrendy.api.market_data.v1.market_data_service_pb2 import ListInstrumentsRequest
from algotrendy.api.risk.v1.risk_service_pb2 import SetLimitsRequest
from algotrendy.api.trading.v1.trading_pb2 import Limits
from algotrendy.api.trading.v1.trading_service_pb2 import (
    OpenAccountRequest,
    RegisterInstrumentsRequest,
)
from algotrendy.client import Client, read_addresses
from algotrendy.domain.ids import new_id
from algotrendy.errors import UnavailableError
from algotrendy.rpc.decimal import encode_decimal


@asynccontextmanager
async def running_platform() -> AsyncIterator[dict[str, str]]:
    """Run the platform while the block lasts; yield the addresses of its areas."""
    with tempfile.TemporaryDirectory() as folder:
        command = [Path(sys.executable).with_name("algotrendy"), "up", "--data-dir", folder]
        ports = {"ALGOTRENDY_HTTP_PORT": "0", "ALGOTRENDY_GRPC_PORT_BASE": "0"}
        process = subprocess.Popen(  # noqa: ASYNC220  # Nothing else waits.
            command, env={**os.environ, **ports}, stdout=subprocess.DEVNULL
        )
        try:
            yield await _addresses(folder, process)
        finally:
            process.terminate()
            process.wait()


async def _addresses(folder: str, process: subprocess.Popen[bytes]) -> dict[str, str]:
    while process.poll() is None:
        try:
            return dict(read_addresses(folder).grpc)
        except UnavailableError:
            await asyncio.sleep(0.1)
    raise RuntimeError("the platform did not start")


async def open_account(client: Client, cash: Decimal) -> str:
    """Open an account within limits that knows every instrument with data; return its id."""
    opened = await client.trading.OpenAccount(
        OpenAccountRequest(
            request_id=new_id(),
            display_name="bench",
            currency="USD",
            initial_cash=encode_decimal(cash),
        )
    )
    account_id: str = opened.account.account_id
    listed = await client.market_data.ListInstruments(ListInstrumentsRequest())
    await client.trading.RegisterInstruments(
        RegisterInstrumentsRequest(account_id=account_id, instruments=listed.instruments)
    )
    limits = Limits(max_open_orders=10, max_reference_age_s=10**6)
    await client.risk.SetLimits(SetLimitsRequest(account_id=account_id, limits=limits))
    return account_id
