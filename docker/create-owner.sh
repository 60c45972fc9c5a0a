#!/bin/sh
# Run once by the image of PostgreSQL, as its superuser: the owner of Almanac is none, so that no function of it runs as one.
set -eu
psql -v ON_ERROR_STOP=1 -v "password=$ALMANAC_OWNER_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
set log_min_error_statement to panic;
create role almanac_owner login createrole password :'password';
alter database almanac owner to almanac_owner;
SQL
