from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("administration", "0001_initial")]
    operations = [RunSQLFile("ecrm/administration/sql/append_only.sql")]
