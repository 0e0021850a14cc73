from django.db import migrations


class Migration(migrations.Migration):
    """Its function is in deleting.sql now (0009)."""

    dependencies = [("tenancy", "0006_sample")]
