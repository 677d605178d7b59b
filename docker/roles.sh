#!/bin/bash
# Runs once, when the database is made: the owner of the schema, who migrates, and the server's role, who works.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v owner="$JOKBO_OWNER_PASSWORD" -v server="$JOKBO_SERVER_PASSWORD" --username postgres <<'SQL'
create role jokbo_owner login password :'owner';
create role jokbo_server login password :'server';
create database jokbo owner jokbo_owner;
\connect jokbo
revoke all on schema public from public;
grant usage, create on schema public to jokbo_owner;
grant usage on schema public to jokbo_server;
SQL
