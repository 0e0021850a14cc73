import django.db.models.deletion
from django.db import migrations, models

import ecrm.tenancy.context


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0005_claims_and_moving"),
        ("tenancy", "0009_deleting"),
    ]

    operations = [
        migrations.AlterField(
            model_name="consentrecord",
            name="tenant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                default=ecrm.tenancy.context.require_tenant_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AlterField(
            model_name="consentstate",
            name="tenant",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                default=ecrm.tenancy.context.require_tenant_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
    ]
