from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0007_sample_noted_later")]
    operations = [
        migrations.AddField(
            model_name="tenant",
            name="suspended_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="suspended since"),
        ),
        migrations.AddField(
            model_name="tenant",
            name="suspended_for",
            field=models.CharField(blank=True, default="", editable=False, max_length=300, verbose_name="suspended because"),
        ),
        migrations.AddConstraint(
            model_name="tenant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("suspended_at", None), ("suspended_for", "")),
                    models.Q(("suspended_at__isnull", False), models.Q(("suspended_for", ""), _negated=True)),
                    _connector="OR",
                ),
                name="suspended_for_a_reason",
            ),
        ),
    ]
