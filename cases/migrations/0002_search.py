from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial"), ("contacts", "0003_search")]
    operations = [RunSQLFile("cases/sql/search.sql")]
