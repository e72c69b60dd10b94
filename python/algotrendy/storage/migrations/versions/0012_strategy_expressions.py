"""Strategies decide by expressions: what they were told of a model becomes their entry and exit."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Rewrite strategies, and the specs that backtests were run with."""
    op.execute("""
        ALTER TABLE strategies ADD COLUMN entry text, ADD COLUMN exit text;
        UPDATE strategies SET
            entry = format('model("%s") >= %s', model_id, entry_probability),
            exit = format('model("%s") <= %s', model_id, exit_probability);
        ALTER TABLE strategies
            ALTER COLUMN entry SET NOT NULL,
            ALTER COLUMN exit SET NOT NULL,
            DROP COLUMN model_id,
            DROP COLUMN entry_probability,
            DROP COLUMN exit_probability;

        UPDATE backtests SET
            strategy = strategy - 'model_id' - 'entry_probability' - 'exit_probability'
                || jsonb_build_object(
                    'entry', format('model("%s"%s) >= %s', strategy->>'model_id', allowed,
                        strategy->>'entry_probability'),
                    'exit', format('model("%s"%s) <= %s', strategy->>'model_id', allowed,
                        strategy->>'exit_probability'),
                    'in_sample_models', CASE allowed
                        WHEN '' THEN '[]'::jsonb ELSE jsonb_build_array(strategy->>'model_id')
                    END
                ),
            terms = terms - 'in_sample'
        FROM (
            SELECT backtest_id AS id,
                CASE terms->>'in_sample'
                    WHEN 'true' THEN ', in_sample=True' ELSE ''
                END AS allowed
            FROM backtests
        ) AS told
        WHERE backtest_id = told.id;
    """)
