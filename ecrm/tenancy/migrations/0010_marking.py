from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    """Claims and moves of the sample are marked too: what is held by them could not be removed."""

    dependencies = [("tenancy", "0009_deleting")]
    operations = [RunSQLFile("ecrm/tenancy/sql/marking.sql")]
