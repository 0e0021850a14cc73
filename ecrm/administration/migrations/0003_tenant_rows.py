from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("administration", "0002_append_only")]
    operations = [RunSQLFile("ecrm/administration/sql/tenant_rows.sql")]
