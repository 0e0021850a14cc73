from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]
    operations = [RunSQLFile("campaigns/sql/engine.sql")]
