"""The database itself refuses to change a line of the trail, or to delete one of a client that is still here."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

MESSAGE = "the trail is append-only"
SQLITE = (
    f"CREATE TRIGGER trail_keeps BEFORE UPDATE ON book_event BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
    "CREATE TRIGGER trail_stays BEFORE DELETE ON book_event "
    "WHEN OLD.chain = 'firm' OR EXISTS (SELECT 1 FROM book_client WHERE id = OLD.chain) "
    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION trail_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'DELETE' AND OLD.chain <> 'firm' AND NOT EXISTS (SELECT 1 FROM book_client WHERE id = OLD.chain) THEN RETURN OLD; END IF; "
    f"RAISE EXCEPTION '{MESSAGE}'; END $$",
    "CREATE TRIGGER trail_keeps BEFORE UPDATE OR DELETE ON book_event FOR EACH ROW EXECUTE FUNCTION trail_refuses()",
)


def refuse(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers."""
    for statement in POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE:
        editor.execute(statement)


def allow(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Take the triggers away."""
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TRIGGER trail_keeps ON book_event")
        editor.execute("DROP FUNCTION trail_refuses")
        return
    editor.execute("DROP TRIGGER trail_keeps")
    editor.execute("DROP TRIGGER trail_stays")


class Migration(migrations.Migration):
    """Guard the trail."""

    dependencies = (("book", "0001_initial"),)
    operations = (migrations.RunPython(refuse, allow),)
