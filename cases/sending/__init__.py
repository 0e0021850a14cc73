"""How an answer leaves: claim → intent → hand over → outcome, for one message.

The same idea as a campaign's engine at the size of one mail. The intent is committed before the
mail is handed over, so that a worker that dies leaves a message in doubt and not one sent twice.
"""
