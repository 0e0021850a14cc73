import django.db.models.deletion
import django.utils.timezone
import ecrm.tenancy.context
import ecrm.tenancy.walls
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0014_import_chunks'),
        ('tenancy', '0007_sample_noted_later'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='dirtycontact',
            name='reason',
            field=models.CharField(default='', max_length=200),
        ),
        migrations.AddField(
            model_name='segment',
            name='kind',
            field=models.CharField(choices=[('rule', 'By rule'), ('static', 'By hand')], default='rule', max_length=6),
        ),
        migrations.AddField(
            model_name='segmentmembership',
            name='entered_cause',
            field=models.PositiveSmallIntegerField(choices=[(1, 'The segment was made'), (2, 'Its rule was changed'), (3, 'Something changed about the person'), (4, 'Time passed'), (5, 'By hand'), (6, 'By an import'), (7, 'Copied from another segment'), (8, 'Put in the bin or taken out')], null=True),
        ),
        migrations.AddField(
            model_name='segmentmembership',
            name='entered_place',
            field=models.CharField(max_length=60, null=True),
        ),
        migrations.AddField(
            model_name='segmentmembership',
            name='left_cause',
            field=models.PositiveSmallIntegerField(choices=[(1, 'The segment was made'), (2, 'Its rule was changed'), (3, 'Something changed about the person'), (4, 'Time passed'), (5, 'By hand'), (6, 'By an import'), (7, 'Copied from another segment'), (8, 'Put in the bin or taken out')], null=True),
        ),
        migrations.AddField(
            model_name='segmentmembership',
            name='left_place',
            field=models.CharField(max_length=60, null=True),
        ),
        migrations.CreateModel(
            name='SegmentPick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.PositiveSmallIntegerField(choices=[(1, 'The segment was made'), (2, 'Its rule was changed'), (3, 'Something changed about the person'), (4, 'Time passed'), (5, 'By hand'), (6, 'By an import'), (7, 'Copied from another segment'), (8, 'Put in the bin or taken out')], default=5)),
                ('picked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('contact', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contacts.contact')),
                ('picked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('segment', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='picks', to='contacts.segment')),
                ('tenant', models.ForeignKey(db_index=False, default=ecrm.tenancy.context.require_tenant_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenancy.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'contact'], name='segment_pick_contact')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'segment', 'contact'), name='segment_pick_once'), ecrm.tenancy.walls.TenantReference(field='segment', name='contacts_segmentpick_segment_ref', on_delete='CASCADE'), ecrm.tenancy.walls.TenantReference(field='contact', name='contacts_segmentpick_contact_ref', on_delete='CASCADE'), models.UniqueConstraint(fields=('tenant', 'id'), name='contacts_segmentpick_key'), ecrm.tenancy.walls.RowSecurity(name='contacts_segmentpick_rls')],
            },
        ),
        migrations.CreateModel(
            name='SegmentRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('rule', models.JSONField()),
                ('saved_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('calculated_at', models.DateTimeField(null=True)),
                ('saved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('segment', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='contacts.segment')),
                ('tenant', models.ForeignKey(db_index=False, default=ecrm.tenancy.context.require_tenant_id, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='tenancy.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'segment', 'version'), name='segment_rule_version'), ecrm.tenancy.walls.TenantReference(field='segment', name='contacts_segmentrule_segment_ref', on_delete='CASCADE'), models.UniqueConstraint(fields=('tenant', 'id'), name='contacts_segmentrule_key'), ecrm.tenancy.walls.RowSecurity(name='contacts_segmentrule_rls')],
            },
        ),
        migrations.RunSQL(
            """
            INSERT INTO contacts_segmentrule (tenant_id, segment_id, version, rule, saved_at, calculated_at)
            SELECT tenant_id, id, rule_version, rule, updated_at,
                   CASE WHEN calculated_version = rule_version THEN updated_at END FROM contacts_segment;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name='postaladdress',
            name='latitude',
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='postaladdress',
            name='longitude',
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='postaladdress',
            index=models.Index(condition=models.Q(('latitude__isnull', False)), fields=['tenant', 'latitude', 'longitude'], include=('contact',), name='address_place'),
        ),
        migrations.AddConstraint(
            model_name='postaladdress',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('latitude', None), ('longitude', None)), models.Q(('latitude__gte', -90), ('latitude__lte', 90), ('longitude__gte', -180), ('longitude__lte', 180)), _connector='OR'), name='address_coordinates'),
        ),
    ]
