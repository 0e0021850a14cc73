from django.db import migrations

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("contacts", "0030_letters_in_languages")]
    operations = [RunSQLFile("contacts/sql/matching.sql")]
