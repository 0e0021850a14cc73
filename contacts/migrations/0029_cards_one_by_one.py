from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0028_row_upkeep")]
    operations = [RunSQLFile("contacts/sql/matching.sql")]
