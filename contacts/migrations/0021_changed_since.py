from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0020_saved_views_and_bulk_runs")]
    operations = [
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("binned_at", None)), fields=["tenant", "updated_at", "id"], name="contact_changed"
            ),
        ),
    ]
