import django.db.models.deletion
from django.db import migrations, models

import ecrm.tenancy.walls
from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_engine")]
    operations = [
        migrations.AddField(
            "hit",
            "campaign",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                default=None,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="campaigns.campaign",
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            "hit",
            "delivery",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="campaigns.delivery",
            ),
        ),
        migrations.AddIndex("hit", models.Index(fields=["tenant", "ip_hash", "at"], name="hit_from")),
        migrations.AddIndex("hit", models.Index(fields=["tenant", "campaign", "kind"], name="hit_campaign")),
        migrations.AddConstraint(
            "hit",
            ecrm.tenancy.walls.TenantReference(
                field="campaign", name="campaigns_hit_campaign_ref", on_delete="CASCADE"
            ),
        ),
        RunSQLFile("campaigns/sql/engagement.sql"),
    ]
