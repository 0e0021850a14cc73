"""Texts to begin a letter with."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.letters import texts
from contacts.models import LetterTemplate
from ecrm.audit import services as audit
from ecrm.tenancy.models import User


@transaction.atomic
def save_template(*, template: LetterTemplate, by: User) -> None:
    """Raises ``ValidationError`` by field: an unknown merge field, a name that is taken."""
    texts.check(subject=template.subject, text=template.text)
    template.updated_at = timezone.now()
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        raise ValidationError({"name": _("There is a template of this name in this language.")}) from error
    audit.record("letter_template.saved", by=by, subject=template)


@transaction.atomic
def delete_template(*, template: LetterTemplate, by: User) -> None:
    """Letters written with it stay as they are."""
    audit.record("letter_template.deleted", by=by, subject=template)
    template.delete()
