from alembic.script import ScriptDirectory

from algotrendy.storage.migrations.history import configuration


def test_the_history_of_the_schema_is_one_line() -> None:
    history = ScriptDirectory.from_config(configuration())
    assert len(history.get_heads()) == 1
    assert len(history.get_bases()) == 1
    assert not [
        revision.revision for revision in history.walk_revisions() if revision.is_merge_point
    ]
