"""How one mail of one writer leaves: claim → intent → hand over → outcome.

The same idea as a campaign's engine at the size of one mail. The intent is committed before the
mail is handed over, so that a worker that dies leaves a message in doubt and not one sent twice.
Rooms that write to people one by one (answers of cases, letters) bring a ``desk.Desk`` each.
"""
