"""What merging companies gives to the registries of the house."""

from django.utils.translation import gettext_lazy as _

from contacts import merging, provenance
from contacts.companies.merge import people
from contacts.models import CompanyChange, CompanyDomain, CompanyMerge, Contact, CustomValue

merging.register(Contact, field="company", move=people.move, undo=people.move_back)
merging.register_rows(CompanyDomain, field="company")
# A value with several choices moves whole or not at all (contacts.merge.fields has what was chosen).
merging.register_rows(CustomValue, field="company", unique_with=("field_id",))
merging.register_references(CustomValue, field="company_value")
merging.leave(
    CompanyChange, field="company", why="They say how the values of this company came, and an undo reads them."
)
for side in ("winner", "loser", "survivor"):
    merging.leave(CompanyMerge, field=side, why="The record of a merge says what was merged with what, then.")
provenance.register_source("company_merge", _("Merge of companies"))
