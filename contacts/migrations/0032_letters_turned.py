from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0031_fewer_references")]
    operations = [RunSQLFile("contacts/sql/matching.sql")]
