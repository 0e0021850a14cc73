from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_ledger")]
    operations = [
        migrations.AlterField(
            model_name="suppression",
            name="reason",
            field=models.CharField(
                choices=[
                    ("hard_bounce", "Address does not exist"),
                    ("soft_bounce", "Mails kept coming back"),
                    ("complaint", "Marked as spam"),
                    ("unsubscribed", "Asked for no more mail"),
                    ("erased", "Erased"),
                    ("manual", "Blocked by staff"),
                    ("imported", "Blocked in a former system"),
                ],
                max_length=12,
            ),
        ),
    ]
