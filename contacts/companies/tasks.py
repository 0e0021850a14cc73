from __future__ import annotations

from contacts import services
from contacts.models import Company
from ecrm.jobs.queues import Queue
from ecrm.jobs.tasks import task
from ecrm.tenancy.models import User


@task("companies.bring_in", queue=Queue.IMPORT)
def bring_in(company_id: int, after_id: int, user_id: int | None) -> None:
    company = Company.objects.filter(pk=company_id, binned_at=None).first()
    if company is not None:
        by = User.objects.filter(pk=user_id).first() if user_id else None
        services.bring_in_others(company=company, after_id=after_id, by=by)
