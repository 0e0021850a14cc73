#!/bin/sh
# Writes .env and app.env from their examples, with fresh secrets: sh deploy/make-env.sh crm.example.com
# Keep a copy of both where you keep your backups: without the keys a backup cannot be read.
set -eu
cd "$(dirname "$0")/.."
host="${1:?Name the host people will open, as in: sh deploy/make-env.sh crm.example.com}"
if [ -e .env ] || [ -e app.env ]; then
  echo ".env or app.env is there already; nothing was changed." >&2
  exit 1
fi
umask 077
hex() { openssl rand -hex 32; }
sed -e "s|^CRM_HOST=.*|CRM_HOST=$host|" \
    -e "s|^POSTGRES_PASSWORD=.*|POSTGRES_PASSWORD=$(hex)|" \
    -e "s|^MIGRATE_PASSWORD=.*|MIGRATE_PASSWORD=$(hex)|" \
    -e "s|^APP_PASSWORD=.*|APP_PASSWORD=$(hex)|" \
    -e "s|^DISPATCH_PASSWORD=.*|DISPATCH_PASSWORD=$(hex)|" \
    .env.example > .env
sed -e "s|^ECRM_SECRET_KEY=.*|ECRM_SECRET_KEY=$(hex)|" \
    -e "s|^ECRM_FIELD_KEYS=.*|ECRM_FIELD_KEYS=$(openssl rand -base64 32 | tr '+/' '-_')|" \
    -e "s|^ECRM_SUPPRESSION_KEY=.*|ECRM_SUPPRESSION_KEY=$(hex)|" \
    -e "s|crm\.example\.com|$host|" \
    app.env.example > app.env
echo "Say in app.env where mail is handed over (ECRM_RELAY_URL), then: docker compose up -d"
