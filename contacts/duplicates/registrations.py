"""What the search for duplicates gives to the registries of the house."""

from contacts import reactions
from contacts.duplicates import queue

for name in queue.EVENTS:
    reactions.register(name, queue.mark, as_sql=queue.MARK)
