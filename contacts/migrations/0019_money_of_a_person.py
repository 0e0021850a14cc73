from django.db import migrations


class Migration(migrations.Migration):
    """What a person's orders come to, read without the thousands of other things they did."""

    dependencies = [("contacts", "0018_full_names")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX contacts_event_money ON contacts_event (tenant_id, contact_id, name)"
            " INCLUDE (amount, currency) WHERE amount IS NOT NULL",
            "DROP INDEX contacts_event_money",
        )
    ]
