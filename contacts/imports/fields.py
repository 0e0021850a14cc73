"""What a column of a file can become: the fields of a contact, and the words files have for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts import fields as custom_fields
from contacts import import_columns
from contacts.fields.kinds import missing_entries
from contacts.flat_people import OUR_NUMBER
from contacts.imports import our_own, several, values
from contacts.imports.folding import fold
from contacts.imports.values import Reader
from contacts.models import CustomField
from ecrm.tenancy.context import require_tenant_id
from ecrm.tenancy.models import Membership, User

# A column that becomes a field of the tenant's own, made with the check: of which kind.
NEW_FIELD = "+field"
_KINDS = CustomField.Kind
NEW_FIELDS = {
    NEW_FIELD: _KINDS.TEXT,
    **{f"{NEW_FIELD}:{kind}": kind for kind in _KINDS if kind != _KINDS.TEXT},
}
# These need their entries first, from the whole file.
NEW_LISTS = frozenset(key for key, kind in NEW_FIELDS.items() if kind in (_KINDS.CHOICE, _KINDS.CHOICES))


@dataclass(frozen=True, slots=True)
class Field:
    """``parse`` turns a filled cell into what JSON can hold, or raises ``ValidationError``.

    ``aliases`` are folded header names in the languages of the product. ``is_many`` fields may be
    fed by several columns and parse to a list. ``is_distinct`` ones differ from row to row, or
    depend on the rest of the row: what a cell of theirs meant is not worth remembering. Who maps a file
    chooses among those that are ``is_offered``. ``missing`` says of a cell which entries a list lacks.
    """

    key: str
    label: str | Promise
    group: str | Promise
    parse: Callable[[str, Reader], Any]
    aliases: Sequence[str] = ()
    is_many: bool = False
    is_registered: bool = False
    is_custom: bool = False
    is_distinct: bool = False
    is_offered: bool = True
    missing: Callable[[str], list[str]] | None = None


_OWN = _("Fields of your own")
_PERSON, _REACH, _PLACE, _MORE, _APPS = _("Person"), _("Reach"), _("Place"), _("More"), _("Consent and more")

# Aliases: English, Portuguese, Polish, Spanish, French, then what well-known exports call it.
_FIELDS = (
    Field("email", _("Email"), _REACH, values.email, (
        "email", "e mail", "email address", "e mail address", "mail", "correio eletronico", "endereco de email",
        "adres email", "adres e mail", "poczta", "correo", "correo electronico", "direccion de correo",
        "courriel", "adresse email", "adresse e mail", "adresse mail", "e mail 1 value", "work e mail", "email 1",
        "primary email", "subscriber email", "email primary",
    ), is_distinct=True),
    Field("email2", _("Second email"), _REACH, values.email, (
        "second email", "secondary email", "other email", "email 2", "e mail 2 address", "e mail 2 value",
        "home e mail", "segundo email", "email secundario", "drugi email", "drugi e mail", "correo secundario",
        "second courriel", "email secondaire", "alternate email",
    ), is_distinct=True),
    Field("given_name", _("Given name"), _PERSON, values.words(100), (
        "given name", "first name", "firstname", "forename", "fname", "nome proprio", "primeiro nome", "imie",
        "nombre", "nombre de pila", "prenom", "first",
    )),
    Field("family_name", _("Family name"), _PERSON, values.words(100), (
        "family name", "last name", "lastname", "surname", "lname", "apelido", "sobrenome", "ultimo nome",
        "nazwisko", "apellido", "apellidos", "nom de famille", "last",
    )),
    Field("name", _("Full name"), _PERSON, values.words(200), (
        "name", "full name", "fullname", "contact name", "display name", "nome", "nome completo", "contacto",
        "imie i nazwisko", "nazwa kontaktu", "nombre completo", "nombre y apellidos", "nom", "nom complet",
        "customer name",
    )),
    Field("phone", _("Phone"), _REACH, values.phones_of, (
        "phone", "phone number", "telephone", "tel", "work phone", "phone 1 value", "telefone", "numero de telefone",
        "telefon", "numer telefonu", "nr telefonu", "telefono", "numero de telefono", "telephone fixe",
        "business phone", "home phone", "other phone", "company phone",
    ), is_many=True, is_distinct=True),
    Field("mobile", _("Mobile phone"), _REACH, values.phones_of, (
        "mobile", "mobile phone", "cell", "cell phone", "sms", "telemovel", "celular", "telemovel numero", "komorka",
        "telefon komorkowy", "movil", "telefono movil", "portable", "telephone portable", "phone 2 value",
    ), is_many=True, is_distinct=True),
    Field("external_id", _("Number in another system"), _REACH, values.external_id, (
        "external id", "record id", "contact id", "customer id", "customer number", "client id", "leid", "euid",
        "numero de cliente", "numer klienta", "numero client", "id cliente",
    ), is_distinct=True),
    Field("ecrm_number", _(OUR_NUMBER), _REACH, our_own.number, is_distinct=True),
    Field("ecrm_workspace", _("eCRM workspace"), _REACH, our_own.workspace),
    Field("more_emails", _("More emails"), _REACH, several.emails, (
        "more emails", "further emails", "email 3", "e mail 3 value", "e mail 3 address", "third email",
    ), is_many=True, is_distinct=True),
    Field("email_details", _("Kinds of the emails"), _REACH, several.details, is_distinct=True),
    Field("phones_written", _("Phones as written"), _REACH, several.written, is_distinct=True),
    Field("phone_details", _("Kinds of the phones"), _REACH, several.details, is_distinct=True),
    Field("identities", _("Numbers in other systems"), _REACH, several.identities, is_many=True, is_distinct=True),
    Field("company", _("Company"), _PERSON, values.words(200), (
        "company", "company name", "organisation", "organization", "account name", "empresa", "organizacao", "firma",
        "nazwa firmy", "organizacja", "compania", "organizacion", "entreprise", "societe", "organization name",
    )),
    Field("job_title", _("Job title"), _PERSON, values.words(120), (
        "job title", "title", "position", "role", "cargo", "funcao", "profissao", "stanowisko", "puesto", "poste",
        "fonction", "organization title",
    )),
    Field("stage", _("Stage"), _MORE, values.stage, (
        "stage", "lifecycle stage", "status", "lead status", "fase", "estado", "etapa", "etap", "statut", "etape",
    )),
    Field("tags", _("Tags"), _MORE, values.tags, (
        "tags", "tag", "labels", "label", "categories", "groups", "group membership", "etiquetas", "etiqueta",
        "marcadores", "tagi", "etykiety", "grupy", "grupos", "etiquettes", "libelles",
    ), is_many=True),
    Field("language", _("Language"), _PERSON, values.language, (
        "language", "preferred language", "locale", "preferred locale", "lingua", "idioma", "jezyk", "langue",
    )),
    Field("birthday", _("Birthday"), _PERSON, values.birthday, (
        "birthday", "birth date", "date of birth", "dob", "aniversario", "data de nascimento", "nascimento",
        "urodziny", "data urodzenia", "cumpleanos", "fecha de nacimiento", "anniversaire", "date de naissance",
    )),
    Field("street", _("Street"), _PLACE, values.words(200), (
        "street", "address", "street address", "address 1", "address line 1", "mailing street", "business street",
        "rua", "morada", "endereco", "ulica", "adres", "calle", "direccion", "domicilio", "rue", "adresse",
    ), is_distinct=True),
    Field("postcode", _("Postcode"), _PLACE, values.words(20), (
        "postcode", "postal code", "zip", "zip code", "zipcode", "mailing zip postal code", "codigo postal", "cep",
        "kod pocztowy", "code postal", "cp",
    )),
    Field("city", _("City"), _PLACE, values.words(120), (
        "city", "town", "mailing city", "cidade", "localidade", "concelho", "miasto", "miejscowosc", "ciudad",
        "poblacion", "ville",
    )),
    Field("region", _("Region"), _PLACE, values.words(120), (
        "region", "state", "province", "county", "mailing state province", "distrito", "regiao", "wojewodztwo",
        "provincia", "comunidad", "departement", "state province",
    )),
    Field("country", _("Country"), _PLACE, values.country, (
        "country", "country code", "country region", "mailing country", "pais", "kraj", "panstwo", "pays",
    )),
    Field("address_details", _("Kind of the address"), _PLACE, several.detail, is_distinct=True),
    Field("own_city", _("City of the person"), _PLACE, values.words(120)),
    Field("own_country", _("Country of the person"), _PLACE, values.country),
    Field("more_addresses", _("More addresses"), _PLACE, several.places, is_many=True, is_distinct=True),
    Field("time_zone", _("Time zone"), _PERSON, several.time_zone, (
        "time zone", "timezone", "tz", "fuso horario", "strefa czasowa", "zona horaria", "fuseau horaire",
    )),
    Field("owner", _("Owner"), _MORE, several.owner, (
        "owner", "owner email", "contact owner", "assigned to", "responsible", "responsavel", "opiekun", "responsable",
    )),
    Field("source", _("Source"), _MORE, values.words(60), (
        "source", "lead source", "original source", "origem", "zrodlo", "origen", "fuente", "provenance",
    )),
    Field("created_at", _("Customer since"), _MORE, values.instant, (
        "created", "created at", "create date", "date created", "date added", "added time", "customer since",
        "registered", "registered at", "signup date", "sign up date", "member since", "data de registo", "criado em",
        "data de criacao", "cliente desde", "data utworzenia", "data rejestracji", "klient od", "dodano",
        "fecha de alta", "fecha de registro", "creado", "date de creation", "date d inscription", "client depuis",
        "cree le",
    )),
)  # fmt: skip


def all_fields(membership: Membership | None = None) -> dict[str, Field]:
    """The contact's own, the tenant's own and those the upper rooms registered for this tenant, by key.

    With a ``membership``, of the tenant's own only those that this member sees.
    """
    registered = (_as_field(column) for column in import_columns.columns().values())
    own = of_custom(custom_fields.of(CustomField.Entity.CONTACT, membership)).values()
    return {field.key: field for field in (*_FIELDS, *own, *registered)}


def of_custom(fields: Iterable[CustomField]) -> dict[str, Field]:
    return {each.key: each for each in map(_of_custom, fields)}


def seen_by(user: User | None) -> dict[str, Field]:
    """As ``all_fields`` for this member, where there is no request. Whoever is no member sees of the tenant's
    own only what everybody does."""
    members = Membership.objects.filter(tenant=require_tenant_id(), user=user) if user else Membership.objects.none()
    return all_fields(members.first() or Membership(roles=[]))


def guess(headers: Sequence[str], fields: Mapping[str, Field], preset: Mapping[str, str]) -> dict[int, str]:
    """Which field each column goes to, by its name: a field once, the first column first.

    ``preset`` is what a product is known to mean by its folded headers; an empty field means nothing.
    """
    by_alias = {alias: key for key, field in reversed([*fields.items()]) for alias in map(fold, _names(field))}
    mapping: dict[int, str] = {}
    for index, header in enumerate(headers):
        name = fold(header)
        key = preset[name] if name in preset else by_alias.get(name, "")
        if key in fields and (fields[key].is_many or key not in mapping.values()):
            mapping[index] = key
    return mapping


def guess_by_values(sample: Sequence[Sequence[str]], mapping: dict[int, str]) -> dict[int, str]:
    """Adds the column that holds e-mail addresses when no name said so."""
    if "email" in mapping.values():
        return mapping
    for index in range(max(map(len, sample), default=0)):
        cells = [row[index].strip() for row in sample if index < len(row) and row[index].strip()]
        if index not in mapping and cells and sum(map(values.looks_like_email, cells)) > len(cells) / 2:
            return {**mapping, index: "email"}
    return mapping


def _names(field: Field) -> Sequence[str]:
    return (*field.aliases, *_labels(field), field.key)


def _labels(field: Field) -> Sequence[str]:
    """In each language of the product, so that what one person exported another can import."""
    if isinstance(field.label, str):
        return (field.label,)
    found = dict.fromkeys([str(field.label)])
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found[str(field.label)] = None
    return tuple(found)


def _of_custom(field: CustomField) -> Field:
    return Field(
        custom_fields.prefixed(field),
        field.label,
        _OWN,
        lambda cell, reader: custom_fields.parse(field, cell, style=reader.style()),
        (field.key.replace("_", " "), fold(f"custom_fields.{field.key}")),
        is_custom=True,
        missing=partial(missing_entries, field) if field.has_choices else None,
    )


def _as_field(column: import_columns.ImportColumn) -> Field:
    return Field(
        column.key,
        column.label,
        _APPS,
        lambda cell, _reader: column.parse(cell),
        (*column.aliases, fold(f"more.{column.key}")),
        is_registered=True,
        is_distinct=not column.is_offered,
        is_offered=column.is_offered,
    )
