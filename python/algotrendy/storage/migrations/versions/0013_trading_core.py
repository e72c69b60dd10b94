"""Limits as whole documents; what orders, trades and holdings have more since."""

from alembic import op

revision = "0013"
down_revision = "0012"

# What was a column becomes a hard limit of the account.
_LIMIT = "jsonb_build_object('value', ({})::text, 'severity', 'HARD')"


def upgrade() -> None:
    """Rewrite limits, and those that backtests were run with; add columns."""
    op.execute(f"""
        CREATE FUNCTION pg_temp.limits_document(
            version bigint, max_order_quantity numeric, max_order_notional numeric,
            max_position_notional numeric, max_open_orders bigint, price_collar_bps bigint,
            max_reference_age_s bigint, allow_short boolean
        ) RETURNS jsonb LANGUAGE sql AS $$
            SELECT jsonb_build_object(
                'version', version,
                'account', jsonb_strip_nulls(jsonb_build_object(
                    {_limits()}
                )),
                'max_reference_age_ns', CASE
                    WHEN max_reference_age_s <= 9223372036 THEN max_reference_age_s * 1000000000
                    ELSE 9223372036854775807
                END,
                'allow_short', allow_short
            )
        $$;

        ALTER TABLE risk_limits ADD COLUMN document jsonb;
        UPDATE risk_limits SET document = pg_temp.limits_document(
            version, max_order_quantity, max_order_notional, max_position_notional,
            max_open_orders, price_collar_bps, max_reference_age_s, allow_short
        );
        ALTER TABLE risk_limits
            ALTER COLUMN document SET NOT NULL,
            DROP COLUMN max_order_quantity,
            DROP COLUMN max_order_notional,
            DROP COLUMN max_position_notional,
            DROP COLUMN max_open_orders,
            DROP COLUMN price_collar_bps,
            DROP COLUMN max_reference_age_s,
            DROP COLUMN allow_short;

        UPDATE backtests SET terms = jsonb_set(terms, '{{limits}}', pg_temp.limits_document(
            (terms->'limits'->>'version')::bigint,
            (terms->'limits'->>'max_order_quantity')::numeric,
            (terms->'limits'->>'max_order_notional')::numeric,
            (terms->'limits'->>'max_position_notional')::numeric,
            (terms->'limits'->>'max_open_orders')::bigint,
            (terms->'limits'->>'price_collar_bps')::bigint,
            (terms->'limits'->>'max_reference_age_s')::bigint,
            (terms->'limits'->>'allow_short')::boolean
        ));

        ALTER TABLE orders
            ADD COLUMN stop_price numeric,
            ADD COLUMN trail_offset numeric,
            ADD COLUMN trail_bps integer,
            ADD COLUMN post_only boolean NOT NULL DEFAULT false,
            ADD COLUMN reduce_only boolean NOT NULL DEFAULT false,
            ADD COLUMN trader text,
            ADD COLUMN list_id text,
            ADD COLUMN uncertain boolean NOT NULL DEFAULT false;
        ALTER TABLE trades ADD COLUMN bust_time timestamptz;
        ALTER TABLE portfolio_holdings
            ADD COLUMN is_paid_in_full boolean NOT NULL DEFAULT true;
        ALTER TABLE portfolio_flows ADD COLUMN total_cost numeric;
    """)  # noqa: S608  # Of constants.


def _limits() -> str:
    names = (
        *("max_order_quantity", "max_order_notional", "max_position_notional"),
        *("max_open_orders", "price_collar_bps"),
    )
    return ",\n                    ".join(
        f"'{name}', CASE WHEN {name} IS NOT NULL THEN {_LIMIT.format(name)} END" for name in names
    )
