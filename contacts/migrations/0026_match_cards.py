from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from ecrm.tenancy.operations import RunSQLFile

# Whoever is here gets a card by and by.
_EVERYBODY = """
INSERT INTO contacts_unmatchedcontact (tenant_id, contact_id, marked_at)
SELECT tenant_id, id, now() FROM contacts_contact WHERE binned_at IS NULL;
DELETE FROM contacts_matchkey;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0025_phones_of_a_person")]

    operations = [
        migrations.CreateModel(
            name="MatchCard",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("contact_id", models.BigIntegerField()),
                ("words", ArrayField(models.TextField())),
                ("sounds", ArrayField(models.TextField())),
            ],
            options={"db_table": "contacts_matchcard", "managed": False},
        ),
        migrations.CreateModel(
            name="MatchCount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.BigIntegerField()),
                ("people", models.IntegerField()),
            ],
            options={"db_table": "contacts_matchcount", "managed": False},
        ),
        RunSQLFile("contacts/sql/matching.sql"),
        migrations.RunSQL(_EVERYBODY, migrations.RunSQL.noop),
    ]
