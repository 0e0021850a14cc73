from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0022_name_keys"), ("notices", "0001_initial")]
    operations = [RunSQLFile("contacts/sql/notices_forget.sql")]
