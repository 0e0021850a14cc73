from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):

    dependencies = [
        ('tenancy', '0004_user_uses_shortcuts'),
    ]

    operations = [RunSQLFile("ecrm/tenancy/sql/erase_ledgers.sql")]
