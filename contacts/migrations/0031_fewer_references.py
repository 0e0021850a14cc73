import django.db.models.deletion
from django.db import migrations, models

import ecrm.tenancy.context


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0030_letters_in_languages"),
        ("tenancy", "0009_deleting"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="importrow",
            name="contacts_importrow_run_ref",
        ),
        migrations.AlterField(
            model_name="contact",
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
