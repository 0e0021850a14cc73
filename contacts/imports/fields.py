"""What a column of a file can become: the fields of a contact, and the words files have for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contacts import import_columns
from contacts.imports import values
from contacts.imports.folding import fold
from contacts.imports.values import Reader

IGNORED = ""


@dataclass(frozen=True, slots=True)
class Field:
    """``parse`` turns a filled cell into what JSON can hold, or raises ``ValidationError``.

    ``aliases`` are folded header names in the languages of the product. ``is_many`` fields may be
    fed by several columns.
    """

    key: str
    label: str | Promise
    group: str | Promise
    parse: Callable[[str, Reader], Any]
    aliases: Sequence[str] = ()
    is_many: bool = False
    is_registered: bool = False


_PERSON, _REACH, _PLACE, _MORE, _APPS = _("Person"), _("Reach"), _("Place"), _("More"), _("Consent and more")

# Aliases: English, Portuguese, Polish, Spanish, French, then what well-known exports call it.
_FIELDS = (
    Field("email", _("Email"), _REACH, values.email, (
        "email", "e mail", "email address", "e mail address", "mail", "correio eletronico", "endereco de email",
        "adres email", "adres e mail", "poczta", "correo", "correo electronico", "direccion de correo",
        "courriel", "adresse email", "adresse e mail", "adresse mail", "e mail 1 value", "work e mail", "email 1",
        "primary email", "subscriber email", "email primary",
    )),
    Field("email2", _("Second email"), _REACH, values.email, (
        "second email", "secondary email", "other email", "email 2", "e mail 2 address", "e mail 2 value",
        "home e mail", "segundo email", "email secundario", "drugi email", "drugi e mail", "correo secundario",
        "second courriel", "email secondaire",
    )),
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
    Field("phone", _("Phone"), _REACH, values.phone, (
        "phone", "phone number", "telephone", "tel", "work phone", "phone 1 value", "telefone", "numero de telefone",
        "telefon", "numer telefonu", "nr telefonu", "telefono", "numero de telefono", "telephone fixe",
        "business phone",
    )),
    Field("mobile", _("Mobile phone"), _REACH, values.phone, (
        "mobile", "mobile phone", "cell", "cell phone", "sms", "telemovel", "celular", "telemovel numero", "komorka",
        "telefon komorkowy", "movil", "telefono movil", "portable", "telephone portable", "phone 2 value",
    )),
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
    )),
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


def all_fields() -> dict[str, Field]:
    """The contact's own and those the upper rooms registered for this tenant, by key."""
    registered = (_as_field(column) for column in import_columns.columns().values())
    return {field.key: field for field in (*_FIELDS, *registered)}


def guess(headers: Sequence[str], fields: Mapping[str, Field]) -> dict[int, str]:
    """Which field each column goes to, by its name: a field once, the first column first."""
    by_alias = {alias: key for key, field in reversed([*fields.items()]) for alias in map(fold, _names(field))}
    mapping: dict[int, str] = {}
    for index, header in enumerate(headers):
        key = by_alias.get(fold(header))
        if key and (fields[key].is_many or key not in mapping.values()):
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
    return (*field.aliases, str(field.label), field.key)


def _as_field(column: import_columns.ImportColumn) -> Field:
    return Field(
        column.key,
        column.label,
        _APPS,
        lambda cell, _reader: column.parse(cell),
        tuple(column.aliases),
        is_registered=True,
    )
