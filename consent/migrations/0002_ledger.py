from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]
    operations = [RunSQLFile("consent/sql/ledger.sql")]
