import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models

import ecrm.tenancy.context
from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0027_letters_and_notes"),
        ("tenancy", "0009_deleting"),
    ]

    operations = [
        migrations.AlterField(
            model_name="contactchange",
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
            model_name="dirtycontact",
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
            model_name="emailaddress",
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
            model_name="importrow",
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
            model_name="phonenumber",
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
            model_name="tagging",
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
            model_name="unmatchedcontact",
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
        migrations.AlterModelOptions(name="dirtycontact", options={"base_manager_name": "objects"}),
        migrations.AlterModelOptions(name="unmatchedcontact", options={"base_manager_name": "objects"}),
        # The unique keys of both tables are the same columns.
        migrations.RemoveIndex(model_name="dirtycontact", name="dirty_contact_order"),
        migrations.RemoveIndex(model_name="unmatchedcontact", name="unmatched_contact_order"),
        RunSQLFile(
            "contacts/sql/row_upkeep.sql",
            state_operations=[
                migrations.RemoveIndex(model_name="contact", name="contact_search"),
                migrations.AddIndex(
                    model_name="contact",
                    index=GinIndex(
                        models.F("tenant"),
                        OpClass(models.F("search_text"), name="gin_trgm_ops"),
                        name="contact_search",
                    ),
                ),
            ],
        ),
    ]
