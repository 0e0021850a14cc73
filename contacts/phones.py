"""Phone numbers: as people write them, and as machines dial them."""

from __future__ import annotations

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST_WRITTEN = 40


def e164(written: str, *, country: str) -> str:
    """The number as ``+351912345678`` (ITU-T E.164). Raises ``ValidationError``.

    ``country`` (ISO 3166, two letters) is where a number without a country code belongs. Only
    the length is checked: numbering plans change faster than any list of them.
    """
    text = written.strip()
    if len(text) > LONGEST_WRITTEN:
        raise ValidationError(_("This phone number is too long."), code="invalid")
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException as error:
        raise ValidationError(_explain(error, text), code="invalid") from error
    if not phonenumbers.is_possible_number(number):
        raise ValidationError(_("“%(phone)s” has too few or too many digits."), code="invalid", params={"phone": text})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _explain(error: phonenumbers.NumberParseException, text: str) -> str:
    if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        return _("“%(phone)s” needs its country code, as in +351 912 345 678.") % {"phone": text}
    return _("“%(phone)s” is not a phone number.") % {"phone": text}
