"""What follows the accounts' events into their tables, as SQL."""

from typing import Final

ACCOUNT_OPENED: Final = """
INSERT INTO portfolios (id, display_name, currency, event_sequence, create_time, update_time)
VALUES (%(account_id)s, %(display_name)s, %(currency)s, -1, %(time)s, %(time)s)
ON CONFLICT (id) DO NOTHING
"""
# Returns the row only where this event is the next one.
ADVANCE: Final = """
UPDATE portfolios SET event_sequence = %(sequence)s, update_time = %(time)s
WHERE id = %(account_id)s AND event_sequence < %(sequence)s RETURNING id
"""
CASH: Final = "UPDATE portfolios SET cash = %(cash)s WHERE id = %(account_id)s"
ORDER: Final = """
INSERT INTO orders (
    id, portfolio_id, client_order_id, venue_order_id, symbol, side, order_type, quantity,
    limit_price, stop_price, trail_offset, trail_bps, time_in_force, expire_time, post_only,
    reduce_only, list_id, status, filled_quantity, reject_reason, strategy, trader, event_sequence,
    create_time, update_time
) VALUES (
    %(order_id)s, %(account_id)s, %(client_order_id)s, %(venue_order_id)s, %(symbol)s, %(side)s,
    %(order_type)s, %(quantity)s, %(limit_price)s, %(stop_price)s, %(trail_offset)s,
    %(trail_bps)s, %(time_in_force)s, %(expire_time)s, %(post_only)s, %(reduce_only)s, %(list_id)s,
    %(status)s, %(filled_quantity)s, %(reject_reason)s, %(strategy)s, %(trader)s, %(sequence)s,
    %(time)s, %(time)s
)
ON CONFLICT (id) DO UPDATE SET
    status = excluded.status, reject_reason = excluded.reject_reason,
    event_sequence = excluded.event_sequence, update_time = excluded.update_time
"""
ORDER_STATUS: Final = """
UPDATE orders SET status = %(status)s, event_sequence = %(sequence)s, update_time = %(time)s
WHERE id = %(order_id)s
"""
ORDER_UNCERTAIN: Final = """
UPDATE orders SET uncertain = true, event_sequence = %(sequence)s, update_time = %(time)s
WHERE id = %(order_id)s
"""
ORDER_RELEASED: Final = """
UPDATE orders SET quantity = %(quantity)s, event_sequence = %(sequence)s, update_time = %(time)s
WHERE id = %(order_id)s
"""
ORDER_REPLACED: Final = """
UPDATE orders SET
    status = %(status)s, quantity = %(quantity)s, limit_price = %(limit_price)s,
    stop_price = %(stop_price)s, venue_order_id = coalesce(%(venue_order_id)s, venue_order_id),
    event_sequence = %(sequence)s, update_time = %(time)s
WHERE id = %(order_id)s
"""
# An order that filled, or is being cancelled, before the venue's word came keeps its status.
ORDER_ACCEPTED: Final = """
UPDATE orders SET
    status = CASE status WHEN 'PENDING_NEW' THEN 'NEW' ELSE status END,
    venue_order_id = %(venue_order_id)s, uncertain = false, event_sequence = %(sequence)s,
    update_time = %(time)s
WHERE id = %(order_id)s
"""
# After its trade: the average is of all trades that count, rounded once.
ORDER_FILLED: Final = """
UPDATE orders SET
    status = %(status)s, filled_quantity = %(filled_quantity)s, uncertain = false,
    avg_price = (SELECT round(sum(price * quantity) / sum(quantity), 8)
                 FROM trades WHERE order_id = %(order_id)s AND bust_time IS NULL),
    event_sequence = %(sequence)s, update_time = %(time)s
WHERE id = %(order_id)s
"""
TRADE: Final = """
INSERT INTO trades (
    id, portfolio_id, order_id, execution_id, symbol, side, quantity, price, fee, strategy,
    event_sequence, trade_time
) VALUES (
    %(trade_id)s, %(account_id)s, %(order_id)s, %(execution_id)s, %(symbol)s, %(side)s,
    %(quantity)s, %(price)s, %(fee)s, %(strategy)s, %(sequence)s, %(trade_time)s
)
"""
TRADE_BUSTED: Final = """
UPDATE trades SET bust_time = %(time)s
WHERE portfolio_id = %(account_id)s AND execution_id = %(execution_id)s
"""
TRADE_FEE: Final = """
UPDATE trades SET fee = fee + %(fee)s
WHERE portfolio_id = %(account_id)s AND execution_id = %(execution_id)s
"""
POSITION: Final = """
INSERT INTO positions (
    id, portfolio_id, symbol, side, quantity, avg_price, current_price, unrealized_pnl,
    realized_pnl, strategy, event_sequence, open_time, update_time
) VALUES (
    %(position_id)s, %(account_id)s, %(symbol)s, %(side)s, %(quantity)s, %(avg_price)s,
    %(current_price)s, %(unrealized_pnl)s, %(realized_pnl)s,
    (SELECT strategy FROM trades WHERE portfolio_id = %(account_id)s AND symbol = %(symbol)s
     ORDER BY event_sequence DESC LIMIT 1),
    %(sequence)s, %(time)s, %(time)s
)
ON CONFLICT (id) DO UPDATE SET
    side = excluded.side, quantity = excluded.quantity, avg_price = excluded.avg_price,
    current_price = excluded.current_price, unrealized_pnl = excluded.unrealized_pnl,
    realized_pnl = excluded.realized_pnl, event_sequence = excluded.event_sequence,
    strategy = CASE WHEN %(opened)s THEN excluded.strategy ELSE positions.strategy END,
    open_time = CASE WHEN %(opened)s THEN excluded.open_time ELSE positions.open_time END,
    update_time = excluded.update_time
"""
CLEAR: Final = "TRUNCATE portfolios, orders, trades, positions"
