from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0017_cleaning")]
    operations = [RunSQLFile("contacts/sql/search.sql")]
