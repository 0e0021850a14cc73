from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0001_initial")]
    operations = [RunSQLFile("contacts/sql/history.sql"), RunSQLFile("contacts/sql/dispatch.sql")]
