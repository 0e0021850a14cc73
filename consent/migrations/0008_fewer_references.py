import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0007_moving_states"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="consentstate",
            name="consent_consentstate_contact_ref",
        ),
        migrations.RemoveConstraint(
            model_name="consentstate",
            name="consent_consentstate_purpose_ref",
        ),
        migrations.RemoveConstraint(
            model_name="consentstate",
            name="consent_consentstate_record_ref",
        ),
        migrations.AlterField(
            model_name="consentstate",
            name="record",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="consent.consentrecord",
            ),
        ),
    ]
