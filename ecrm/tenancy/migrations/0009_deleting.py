from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0008_suspension")]
    operations = [RunSQLFile("ecrm/tenancy/sql/deleting.sql")]
