"""Alembic's entry: the steps run on the connection that connector.database gives."""

from alembic import context

from connector.models import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
