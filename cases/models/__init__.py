"""Cases and what hangs on them.

``case`` is the matter itself, ``conversation`` what was said, ``merge`` how two became one, ``desk``
what each member keeps beside it, ``settings`` the workspace's own choices.
"""

from cases.models.case import ENDED, TRANSITIONS, Case, CaseCounter, Channel, Priority, State
from cases.models.conversation import CaseFile, CaseMessage, Direction, Doubt, Handover
from cases.models.desk import CaseDraft, CaseReader
from cases.models.merge import CaseMerge, MovedMessage
from cases.models.settings import Acknowledgement, CaseSettings, Told
from ecrm.mail.posting.handovers import HandoverState

__all__ = [
    "ENDED",
    "TRANSITIONS",
    "Acknowledgement",
    "Case",
    "CaseCounter",
    "CaseDraft",
    "CaseFile",
    "CaseMerge",
    "CaseMessage",
    "CaseReader",
    "CaseSettings",
    "Channel",
    "Direction",
    "Doubt",
    "Handover",
    "HandoverState",
    "MovedMessage",
    "Priority",
    "State",
    "Told",
]
