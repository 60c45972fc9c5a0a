#!/bin/sh
# Run once by the image of PostgreSQL, as its superuser: the owner of Almanac is none, so that no function of it runs as one.
set -eu
psql -v ON_ERROR_STOP=1 -v "password=$ALMANAC_OWNER_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
set log_min_error_statement to panic;
set log_statement to none;
set log_min_duration_statement to -1;
set log_min_duration_sample to -1;
set log_transaction_sample_rate to 0;
create role almanac_owner login createrole password :'password';
reset log_statement;
reset log_min_duration_statement;
reset log_min_duration_sample;
reset log_transaction_sample_rate;
alter database almanac owner to almanac_owner;
grant pg_signal_backend to almanac_owner;
SQL
