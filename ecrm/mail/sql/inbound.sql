-- The dispatcher sees which mailboxes are due, not whose they are or how to open them.
CREATE POLICY dispatch ON mail_imapmailbox FOR SELECT TO ecrm_dispatch USING (true);
GRANT SELECT (tenant_id, id, due_at) ON mail_imapmailbox TO ecrm_dispatch;
