from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0005_segments")]
    operations = [RunSQLFile("contacts/sql/statistics.sql")]
