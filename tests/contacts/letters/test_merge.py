"""Two people become one: their letters and notes go along, and come back."""

from __future__ import annotations

from contacts.merge.services import merge_contacts, undo_merge
from contacts.models import Contact, Letter
from contacts.notes.writing import write_note
from ecrm.tenancy.context import tenant_context
from ecrm.tenancy.models import Tenant
from tests.cases.mails import arrive, mail
from tests.cast import Member
from tests.contacts.conftest import add, fresh, told
from tests.contacts.letters.conftest import caught, send_due
from tests.mail.catching import RunningCatcher


def whose(acme: Tenant) -> list[int]:
    with tenant_context(acme):
        return list(Letter.objects.order_by("pk").values_list("contact_id", flat=True))


def test_letters_follow_and_what_came_meanwhile_is_given_back(
    acme: Tenant, rita: Contact, letter: Letter, bob: Member, catcher: RunningCatcher
) -> None:
    send_due(acme)
    back = caught(catcher)[0]["Reply-To"].addresses[0].addr_spec
    other = add(acme, name="R. Reader", emails=["r@work.example"])
    with tenant_context(acme):
        write_note(contact=rita, text="Wants ten jugs.", by=bob.user)
        merge = merge_contacts(winner=fresh(other), loser=fresh(rita), by=bob.user)
    arrive(acme, mail("Thank you!", subject="Re: Your lid"), to=back)
    assert whose(acme) == [other.pk, other.pk]
    assert "Wants ten jugs." in bob.get("contact_page", other.pk).content.decode()
    with tenant_context(acme):
        undo_merge(merge=merge, by=bob.user)
    assert whose(acme) == [rita.pk, rita.pk], "the answer came from her address"
    assert "letter.replied" in told(rita)
    assert "letter.replied" not in told(other)
