#!/bin/sh
# Run once by the PostgreSQL image, when its volume is empty: the roles, their passwords, the database.
set -eu
psql -v ON_ERROR_STOP=1 --username postgres --dbname postgres --file /ecrm/cluster.sql
psql -v ON_ERROR_STOP=1 --username postgres --dbname postgres \
     -v migrate="$MIGRATE_PASSWORD" -v app="$APP_PASSWORD" -v dispatch="$DISPATCH_PASSWORD" <<'SQL'
ALTER ROLE ecrm_migrate PASSWORD :'migrate';
ALTER ROLE ecrm_app PASSWORD :'app';
ALTER ROLE ecrm_dispatch PASSWORD :'dispatch';
-- Ranges of names are asked in the order of bytes, as ecrm/bootstrap/postgres.py makes it.
CREATE DATABASE ecrm OWNER ecrm_migrate TEMPLATE template0 ENCODING UTF8
    LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
-- As the migrations do; a dump restored into this database does not bring it along.
ALTER DATABASE ecrm SET gin_pending_list_limit = 256;
SQL
