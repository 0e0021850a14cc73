from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0015_segments_history")]
    operations = [RunSQLFile("contacts/sql/fields.sql")]
