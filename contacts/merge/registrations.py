"""What merging gives to the registries of the house."""

from django.utils.translation import gettext_lazy as _

from contacts import merging
from contacts.merge import tasks as tasks  # known to the web processes too, which hint them
from contacts.models import DuplicatePair, Merge, QualityIssue
from ecrm.jobs import words

for side in ("winner", "loser", "survivor"):
    merging.leave(Merge, field=side, why="The record of a merge says who was merged with whom, then.")
for side in ("first", "second"):
    merging.leave(DuplicatePair, field=side, why="Pairs of a merged person are hidden with them.")
merging.leave(QualityIssue, why="What is wrong with whom is found anew.")
words.register({"merges.gather": _("Fetch the history of a merged contact")})
