from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0023_notices_forget")]
    operations = [RunSQLFile("contacts/sql/name_keys.sql")]
