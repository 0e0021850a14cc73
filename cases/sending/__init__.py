"""How an answer leaves: what a case says through ``ecrm.mail.posting``."""
