from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("contacts", "0029_cards_one_by_one")]

    operations = [
        migrations.RemoveConstraint(model_name="lettertemplate", name="letter_template_name"),
        migrations.AddConstraint(
            model_name="lettertemplate",
            constraint=models.UniqueConstraint(fields=("tenant", "name", "language"), name="letter_template_once"),
        ),
        migrations.AddField(model_name="followup", name="is_dropped", field=models.BooleanField(default=False)),
        migrations.AddConstraint(
            model_name="followup",
            constraint=models.CheckConstraint(
                condition=Q(is_dropped=False) | Q(done_at__isnull=False), name="follow_up_dropped"
            ),
        ),
    ]
