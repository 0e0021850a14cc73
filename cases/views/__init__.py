"""The pages of cases: the inbox, one conversation, and what is done there."""
