"""Headers of well-known products map themselves. The files are made up on the headers these products write."""

from __future__ import annotations

import pytest

from contacts.imports import presets
from tests.cast import Member
from tests.imports.files import begin

# Header row, and what its columns must become (those that matter).
EXPORTS = {
    "Google Contacts": (
        ("First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Last Name,File As,Organization Name,"
        "Organization Title,Birthday,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,"
        "Phone 1 - Label,Phone 1 - Value,Address 1 - Street,Address 1 - City,Address 1 - Country"),
        {"First Name": "given_name", "Labels": "tags", "E-mail 1 - Value": "email", "E-mail 2 - Value": "email2",
         "Phone 1 - Value": "phone", "Organization Name": "company", "Address 1 - City": "city", "Notes": ""},
    ),
    "Google Contacts (old)": (
        ("Name,Given Name,Family Name,Yomi Name,Birthday,Group Membership,E-mail 1 - Type,E-mail 1 - Value,"
        "Phone 1 - Type,Phone 1 - Value,Organization 1 - Name,Organization 1 - Title"),
        {"Given Name": "given_name", "Group Membership": "tags", "E-mail 1 - Value": "email",
         "Organization 1 - Name": "company"},
    ),
    "Outlook": (
        ("Title,First Name,Middle Name,Last Name,Company,Job Title,Business Street,Business City,Business Postal Code,"
        "Business Country/Region,Business Phone,Mobile Phone,Birthday,Categories,E-mail Address,E-mail 2 Address"),
        {"E-mail Address": "email", "E-mail 2 Address": "email2", "Business Street": "street", "Title": "",
         "Job Title": "job_title", "Mobile Phone": "mobile", "Categories": "tags"},
    ),
    "HubSpot": (
        ("Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lifecycle Stage,Lead Status,"
        "Associated Company,Associated Company IDs,Create Date,Last Activity Date"),
        {"Record ID": "external_id", "Lifecycle Stage": "stage", "Lead Status": "", "Create Date": "created_at",
         "Associated Company": "company", "Phone Number": "phone"},
    ),
    "Salesforce": (
        ("Contact ID,First Name,Last Name,Title,Account Name,Mailing Street,Mailing City,Mailing State/Province,"
        "Mailing Zip/Postal Code,Mailing Country,Phone,Mobile,Email,Email Opt Out,Lead Source"),
        {"Contact ID": "external_id", "Mailing Zip/Postal Code": "postcode", "Account Name": "company",
         "Email Opt Out": "consent.newsletter.out", "Title": "job_title"},
    ),
    "Zoho": (
        ("Record Id,Contact Owner.id,Contact Owner,First Name,Last Name,Account Name.id,Account Name,Email,Title,Phone,"
        "Mobile,Mailing City,Mailing Zip,Email Opt Out,Unsubscribed Mode,Secondary Email,Tag"),
        {"Record Id": "external_id", "Account Name": "company", "Secondary Email": "email2",
         "Email Opt Out": "consent.newsletter.out", "Tag": "tags"},
    ),
    "Bitrix24": (
        ("ID;First name;Last name;Company Name;Position;Work Phone;Mobile;Fax;Work E-mail;Home E-mail;"
        "Available to everyone;Responsible;Source;Created"),
        {"ID": "external_id", "Work E-mail": "email", "Home E-mail": "email2", "Work Phone": "phone",
         "Position": "job_title", "Created": "created_at"},
    ),
    "SuiteCRM": (
        ("ID,First Name,Last Name,Title,Email Address,Mobile,Office Phone,Primary Address Street,Primary Address City,"
        "Primary Address State,Primary Address Postalcode,Primary Address Country,Account Name,Date Created"),
        {"Email Address": "email", "Primary Address Street": "street", "Primary Address Country": "country",
         "Office Phone": "phone", "Date Created": "created_at"},
    ),
    "Mautic": (
        ("id,title,firstname,lastname,company,position,email,mobile,phone,address1,city,state,zipcode,country,"
        "preferred_locale,points,last_active,date_added"),
        {"firstname": "given_name", "zipcode": "postcode", "preferred_locale": "language", "points": "",
         "date_added": "created_at", "title": ""},
    ),
    "Mailchimp": (
        ("Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,"
        "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS"),
        {"Email Address": "email", "CONFIRM_TIME": "consent.newsletter.at", "CC": "country", "EUID": "external_id",
         "TAGS": "tags", "NOTES": ""},
    ),
    "Brevo": (
        "CONTACT ID;EMAIL;LASTNAME;FIRSTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME;MODIFIED_TIME",
        {"EMAIL": "email", "LASTNAME": "family_name", "SMS": "mobile",
         "EMAIL_BLACKLISTED": "consent.newsletter.out", "ADDED_TIME": "created_at"},
    ),
    "ActiveCampaign": (
        "Contact ID,Email,First Name,Last Name,Phone,Account,Date Created,IP Address,Status,Tags,Lead Score",
        {"Email": "email", "Account": "company", "Tags": "tags", "Status": "consent.newsletter.out",
         "Date Created": "created_at"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("product", EXPORTS)
def test_headers_of_a_product_map_themselves(alice: Member, product: str) -> None:
    header, expected = EXPORTS[product]
    mark = ";" if ";" in header else ","
    names = header.split(mark)
    cells = ["someone@example.com" if "mail" in name.lower() and "Value" in name else "" for name in names]
    run = begin(alice, f"\ufeff{header}\n{mark.join(cells) or 'x'}x\n{mark.join(cells)}y\n")
    assert presets.named(run.options["system"]) == product
    assert product in alice.get("import_run", run.pk).content.decode()
    found = {name: run.mapping.get(str(index), "") for index, name in enumerate(names)}
    assert {name: found[name] for name in expected} == expected
    assert len([key for key in found.values() if key == "email"]) == 1


def test_a_home_made_list_is_nobodys_product() -> None:
    assert presets.recognise(["Email", "First name", "Last name", "Phone", "City", "Tags"]) is None
