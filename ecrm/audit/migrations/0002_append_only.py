from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [RunSQLFile("ecrm/audit/sql/append_only.sql")]
