"""How Alembic reaches the database: by the connection that `migrate` gives it, within its transaction."""

from alembic import context

from upr_bot.storage.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
