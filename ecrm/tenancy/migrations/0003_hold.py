import django.utils.timezone
from django.db import migrations, models

from ecrm.tenancy.operations import RunSQLFile


class Migration(migrations.Migration):

    dependencies = [
        ('tenancy', '0002_visited_until'),
    ]

    operations = [
        migrations.AddField(
            model_name='tenant',
            name='second_factor_from',
            field=models.DateTimeField(editable=False, null=True, verbose_name='second step asked from'),
        ),
        migrations.AddField(
            model_name='tenant',
            name='erase_after',
            field=models.DateTimeField(editable=False, null=True, verbose_name='erased after'),
        ),
        migrations.CreateModel(
            name='ErasedTenant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('former_id', models.BigIntegerField(unique=True)),
                ('slug', models.CharField(max_length=40)),
                ('closed_by_id', models.BigIntegerField(null=True)),
                ('erased_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('rows', models.BigIntegerField()),
                ('files', models.BigIntegerField()),
            ],
        ),
        RunSQLFile("ecrm/tenancy/sql/erase.sql"),
    ]
