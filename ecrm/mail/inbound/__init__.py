"""Mail that comes in: stored raw before it is acknowledged, then read, then offered to the rooms.

    a door (smtp, imap, webhook) -> services.accept -> InboundMail + file | commit | acknowledged
    mail.take_in -> parsing.parse -> receivers, in order, in one transaction

Upper rooms register receivers (``receivers.register``) and make addresses (``addresses``).
"""
