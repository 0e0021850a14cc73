from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]
    operations = [RunSQLFile("ecrm/jobs/sql/dispatch.sql")]
