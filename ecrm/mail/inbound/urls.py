from __future__ import annotations

from django.urls import path

from ecrm.mail.inbound import views

urlpatterns = [
    path("", views.mailbox_list, name="mailboxes"),
    path("addresses/", views.open_inbound_address, name="open_inbound_address"),
    path("addresses/<int:inbound_address_id>/close/", views.close_inbound_address, name="close_inbound_address"),
    path("imap/new/", views.new_imap_mailbox, name="new_imap_mailbox"),
    path("imap/<int:imap_mailbox_id>/", views.edit_imap_mailbox, name="edit_imap_mailbox"),
    path("imap/<int:imap_mailbox_id>/check/", views.check_imap_mailbox, name="check_imap_mailbox"),
    path("imap/<int:imap_mailbox_id>/remove/", views.remove_imap_mailbox, name="remove_imap_mailbox"),
    path("mails/", views.inbound_mails, name="inbound_mails"),
    path("mails/<int:inbound_mail_id>/retry/", views.retry_inbound_mail, name="retry_inbound_mail"),
]
