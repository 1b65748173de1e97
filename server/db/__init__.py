"""The database: embedded Postgres, the connection pool, migrations."""
