from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0034_quality_worth")]
    operations = [RunSQLFile("contacts/sql/alike.sql")]
