#!/bin/sh
# Run once by the postgres image on an empty volume: a role and a database of its own for auth and for records.
set -eu
for service in auth records; do
    password=$(cat "/run/secrets/${service}_database_password")
    psql -v ON_ERROR_STOP=1 -v password="$password" -U "$POSTGRES_USER" -d postgres <<SQL
CREATE ROLE credit_$service LOGIN PASSWORD :'password';
CREATE DATABASE credit_$service OWNER credit_$service TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8';
REVOKE ALL ON DATABASE credit_$service FROM PUBLIC;
SQL
done
