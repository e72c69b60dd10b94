"""Specs and the terms of venues as whole documents, as the core reads them."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Rewrite strategies, and the specs that backtests were run with."""
    op.execute("""
        ALTER TABLE strategies ADD COLUMN spec jsonb;
        UPDATE strategies SET spec = jsonb_build_object(
            'symbols', to_jsonb(symbols),
            'entry', entry,
            'exit', exit,
            'size', jsonb_build_object('type', 'percent', 'percent', position_weight::text)
        );
        ALTER TABLE strategies
            ALTER COLUMN spec SET NOT NULL,
            DROP COLUMN symbols,
            DROP COLUMN entry,
            DROP COLUMN exit,
            DROP COLUMN position_weight;

        UPDATE backtests SET strategy = jsonb_build_object(
            'strategy_id', strategy->'strategy_id',
            'in_sample_models', strategy->'in_sample_models',
            'spec', jsonb_build_object(
                'symbols', strategy->'symbols',
                'entry', strategy->'entry',
                'exit', strategy->'exit',
                'size', jsonb_build_object(
                    'type', 'percent', 'percent', strategy->>'position_weight'
                )
            )
        ), terms = jsonb_set(terms, '{venue_terms}', jsonb_build_object(
            'slippage', jsonb_build_object('bps', terms->'venue_terms'->>'slippage_bps'),
            'fees', jsonb_build_object('bps', terms->'venue_terms'->>'fee_bps')
        ));
    """)
