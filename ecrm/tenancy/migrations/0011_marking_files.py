from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    """Files that the sample was imported from are marked too, and the jobs that did it: they name invented people."""

    dependencies = [("tenancy", "0010_marking")]
    operations = [RunSQLFile("ecrm/tenancy/sql/marking.sql")]
