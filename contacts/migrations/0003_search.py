import django.db.models.functions
from django.db import migrations, models

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_history")]
    operations = [
        migrations.RemoveIndex("contact", "contact_active"),
        migrations.AddField(
            "contact",
            "active_at",
            models.GeneratedField(
                db_persist=True,
                expression=django.db.models.functions.Coalesce("last_active_at", "created_at"),
                output_field=models.DateTimeField(),
            ),
        ),
        migrations.AddIndex(
            "contact",
            models.Index(
                condition=models.Q(("binned_at", None)), fields=["tenant", "-active_at", "-id"], name="contact_active"
            ),
        ),
        RunSQLFile("contacts/sql/search.sql"),
        RunSQLFile("contacts/sql/search_text.sql"),
    ]
