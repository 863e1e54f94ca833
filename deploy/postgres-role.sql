-- Run once by the PostgreSQL image, in psql: an ordinary role that owns its database and nothing else. Row-level security, the
-- second lock between tenants, binds it; it would not bind a superuser.
\set ON_ERROR_STOP on
\set password `cat /run/secrets/database-password`
CREATE ROLE personhood LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE personhood OWNER personhood;
REVOKE ALL ON DATABASE personhood FROM PUBLIC;
