import django.db.models.deletion
from django.db import migrations, models

import ecrm.tenancy.walls


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0003_search'),
        ('files', '0001_initial'),
    ]

    operations = [
        migrations.AlterModelOptions(name='importrun', options={}),
        migrations.RemoveConstraint(model_name='importrun', name='contacts_importrun_file_ref'),
        migrations.AddField(
            model_name='importrun',
            name='attempt',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='importrun',
            name='name',
            field=models.CharField(default='', max_length=255),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='importrow',
            name='verdict',
            field=models.CharField(choices=[('new', 'New'), ('update', 'Update'), ('same', 'Nothing new'), ('repeated', 'Repeated'), ('refused', 'Refused')], default='', max_length=10),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='file',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='files.file'),
        ),
        migrations.AddIndex(
            model_name='importrun',
            index=models.Index(fields=['tenant', '-created_at', '-id'], name='import_newest'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=ecrm.tenancy.walls.TenantReference(field='file', name='contacts_importrun_file_ref', on_delete='SET NULL'),
        ),
    ]
