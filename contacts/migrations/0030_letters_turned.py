from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0029_cards_one_by_one")]
    operations = [RunSQLFile("contacts/sql/matching.sql")]
