from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):

    dependencies = [
        ('tenancy', '0006_sample'),
    ]

    operations = [RunSQLFile("ecrm/tenancy/sql/sample_noted_later.sql")]
