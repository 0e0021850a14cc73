from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_later_outcomes")]
    operations = [RunSQLFile("campaigns/sql/metrics.sql")]
