-- What the server's role may do, after each migration, by the owner's role. The log can be read and added to, never changed.
grant select on schema_migration to jokbo_server;
revoke all on entry from jokbo_server;
grant select, insert on entry to jokbo_server;
grant select, insert, update on log_head, record to jokbo_server;
grant select, insert, update on free_text to jokbo_server;
grant select, insert, update, delete on reply, batch, blob_chunk to jokbo_server;
grant usage on sequence blob_upload to jokbo_server;
