from django.db import migrations, models

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0021_changed_since")]

    operations = [
        migrations.CreateModel(
            name="NameKey",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.BigIntegerField()),
                ("contact_id", models.BigIntegerField()),
            ],
            options={"db_table": "contacts_namekey", "managed": False},
        ),
        RunSQLFile("contacts/sql/name_keys.sql"),
    ]
