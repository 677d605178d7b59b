"""Two roles: the owner, who migrates, and the server's, which adds entries and cannot change them. In the private cluster, which
makes them itself, and in a database that is given."""
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import BUILD, Case, Client, Cluster, Server, new_id  # noqa: E402

BASE = "skt/A.X-K1"
MIGHTY = "database-role-can-change-entries"
HELPLESS = "database-role-cannot-end-sessions"
FORBIDDEN = [
    "update entry set time_us = 0", "update entry set bytes = bytes where index = 0", "delete from entry",
    "delete from entry where index = 0", "truncate entry", "truncate entry cascade", "drop table entry",
    "alter table entry drop constraint entry_pkey", "alter table entry disable trigger all",
    "insert into entry values (0, 0, 'x') on conflict (index) do update set bytes = excluded.bytes",
    "create rule r as on insert to entry do instead nothing", "create table here (x int)",
    "select * from entry for update", "delete from log_head", "truncate log_head", "delete from record", "truncate record",
    "update schema_migration set version = 0", "set role jokbo_owner", "set session authorization jokbo"]
TABLES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S')"


def psql(url, text):
    """By the program itself: what the path has of this name is Debian's script in Perl, which takes most of the time."""
    return subprocess.run([os.path.join(Cluster.programs(), "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", text],
                          capture_output=True, text=True, timeout=60)


def server_works(test, server, name):
    """What the server's role is needed for: entries, replies, records, texts, blobs, reading."""
    admin = server.client()
    test.addCleanup(admin.close)
    admin.call("Registry.CreatePublisher", name=name, request_id=new_id())
    admin.call("Access.CreateToken", label="another", lifetime_seconds=60)
    data = name.encode()
    admin.upload("BLOB_KIND_LICENSE_TEXT", data, hashlib.sha256(data).hexdigest())
    entries = admin.entries()
    test.assertEqual(len(entries), int(admin.call("Log.GetCheckpoint")["log_size"]))
    test.assertIn(("publisher %s\n" % name).encode(), entries[-1])
    return entries


class PrivateCluster(Case):
    def setUp(self):
        self.folder = os.path.join(self.server.data, "run")

    def url(self, user):
        return "host=%s port=5432 dbname=jokbo user=%s" % (self.folder, user)

    def ask(self, text, user="jokbo"):
        done = psql(self.url(user), text)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def test_entries_cannot_be_changed(self):
        before = self.anyone.entries()
        for statement in FORBIDDEN:
            with self.subTest(statement=statement):
                done = psql(self.url("jokbo_server"), statement)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stderr, "permission denied|must be owner")
        self.assertEqual(self.anyone.entries(), before)

    def test_what_a_server_may(self):
        inserted = psql(self.url("jokbo_server"), "begin; insert into entry values (1000000, 0, 'x') returning index; rollback")
        self.assertEqual((inserted.returncode, inserted.stdout.strip()), (0, "1000000"), inserted.stderr)
        for table in ("batch", "reply", "blob_chunk"):
            self.ask("delete from %s where false" % table, "jokbo_server")
        self.ask("update free_text set withdrawn = null where false", "jokbo_server")
        server_works(self, self.server, "works-here")
        self.register("alice/roles", BASE)
        self.alice.call("Registry.YankRelease", name="alice/roles@1", reason="a reason is a text beside the log")

    def test_who_is_connected(self):
        self.assertEqual(set(self.ask("select usename from pg_stat_activity where application_name = 'jokbod'")),
                         {"jokbo_server"})
        self.assertEqual(self.ask("select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles "
                                  "where rolname in ('jokbo_server', 'jokbo_owner')"), ["f|f|f|f|f"] * 2)
        self.assertNotIn(MIGHTY, self.server.log())

    def test_every_table_has_its_grant(self):
        """A migration that makes a table has a row in registry/store/grants.def; and the owner owns it."""
        made = set(self.ask(TABLES))
        granted = set(self.ask(TABLES + " and case relkind when 'S' then has_sequence_privilege('jokbo_server', oid, 'usage') "
                                        "else has_table_privilege('jokbo_server', oid, 'select') end"))
        self.assertEqual(made, granted)
        self.assertIn("entry", made)
        self.assertEqual(set(self.ask(TABLES + " and relowner = 'jokbo_owner'::regrole")), made)


class BeforeThereWereRoles(unittest.TestCase):
    def test_is_brought_up(self):
        """A cluster whose superuser owns all and serves, as it was made before: the next start makes it whole, again and again."""
        with Server() as server:
            url = "host=%s/run port=5432 dbname=jokbo user=jokbo" % server.data
            entries = server_works(self, server, "old")
            old = ["alter database jokbo owner to jokbo", "drop owned by jokbo_server", "drop role jokbo_server",
                   "reassign owned by jokbo_owner to jokbo", "drop role jokbo_owner"]
            for half in (old, old[:1], old[1:3], ["alter table entry owner to jokbo"]):
                for statement in half:
                    done = psql(url, statement)
                    self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(server.stop(), 0)
                server.start()
                client = Client(server.address)
                self.assertEqual(client.entries()[:len(entries)], entries)
                client.close()
                entries = server_works(self, server, "after-%d" % len(entries))
                self.assertEqual(psql(url, TABLES + " and relowner <> 'jokbo_owner'::regrole").stdout, "")
                self.assertIn("denied", psql(url.replace("user=jokbo", "user=jokbo_server"), "truncate entry").stderr)


class GivenDatabase(unittest.TestCase):
    """--database: roles and database are the operator's."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        for role in ("jokbo", "jokbo_owner", "jokbo_server", '"Strange ""role"""'):
            cls.sql("create role %s login" % role)
        cls.sql("create role mighty login superuser; create role member login in role jokbo_owner")

    @classmethod
    def sql(cls, text, database="postgres"):
        return cls.cluster.sql(text, database)

    def setUp(self):
        self.database = "d" + new_id().replace("-", "")
        self.sql("create database %s owner jokbo_owner" % self.database)
        self.data = tempfile.mkdtemp(prefix="jokbo-test-")
        self.addCleanup(shutil.rmtree, self.data)

    def url(self, user):
        return "host=%s dbname=%s user='%s'" % (self.cluster.folder, self.database, user)

    def jokbod(self, *arguments):
        done = subprocess.run([os.path.join(BUILD, "jokbod"), *arguments], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr

    def migrate(self, role=None, user="jokbo_owner"):
        code, said = self.jokbod("migrate", "--database", self.url(user), *(["--server-role", role] if role else []))
        self.assertEqual(code, 0, said)

    def server(self, user):
        """On the test's one data directory: the key is the log's."""
        server = Server("--database", self.url(user), "--client-config", os.path.join(self.data, "client.config"), data=self.data)
        self.addCleanup(server.close)
        return server

    def serve(self, user, name):
        """Serves for a while; what is logged meanwhile."""
        server = self.server(user)
        before = len(server.log()) if os.path.exists(os.path.join(self.data, "server.err")) else 0
        server.start()
        server_works(self, server, name)
        self.assertEqual(server.stop(), 0)
        return server.log()[before:]

    def refuses(self, user, *words):
        server = self.server(user)
        with self.assertRaises(RuntimeError) as caught:
            server.start()
        for word in words:
            self.assertIn(word, str(caught.exception))
        server.process = None

    def test_two_roles(self):
        self.migrate("jokbo_server")
        self.assertNotIn(MIGHTY, self.serve("jokbo_server", "two-roles"))
        for statement in FORBIDDEN:
            with self.subTest(statement=statement):
                done = psql(self.url("jokbo_server"), statement)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stderr, "permission denied|must be owner")
        self.migrate("jokbo_server")  # a second time changes nothing
        self.assertNotIn(MIGHTY, self.serve("jokbo_server", "two-roles-again"))

    def test_rights_that_came_otherwise_are_taken(self):
        self.migrate()
        self.sql("grant all on all tables in schema public to jokbo_server; "
                 "grant all on all sequences in schema public to jokbo_server", self.database)
        self.assertRegex(self.serve("jokbo_server", "all-rights"), MIGHTY + '.* rights="?update, delete, truncate')
        self.migrate("jokbo_server")
        self.assertNotIn(MIGHTY, self.serve("jokbo_server", "least-rights"))
        self.sql("grant update (time_us) on entry to jokbo_server", self.database)
        self.assertRegex(self.serve("jokbo_server", "one-column"), MIGHTY + '.* rights="?update')

    def test_owner_and_superuser_are_told(self):
        self.migrate()
        for user in ("jokbo_owner", "mighty", "member"):
            with self.subTest(user=user):
                self.assertRegex(self.serve(user, "as-" + user.replace("_", "-")), MIGHTY + " role=" + user)

    def test_names_that_need_quotes(self):
        self.migrate('Strange "role"')
        self.assertNotIn(MIGHTY, self.serve('Strange "role"', "strange"))

    def test_schema_of_the_owner_alone(self):
        self.sql("revoke all on schema public from public", self.database)
        self.migrate()
        self.refuses("jokbo_server", "may not read the schema", "--server-role jokbo_server")
        self.migrate("jokbo_server")
        self.assertNotIn(MIGHTY, self.serve("jokbo_server", "closed-schema"))

    def test_rights_that_are_missing(self):
        self.migrate()
        self.refuses("jokbo_server", "may not read the schema", "--server-role jokbo_server")
        self.migrate("jokbo_server")
        self.sql("revoke insert on reply from jokbo_server; revoke usage on sequence blob_upload from jokbo_server", self.database)
        self.refuses("jokbo_server", "table reply: insert", "sequence blob_upload: usage", "--server-role jokbo_server")
        self.migrate("jokbo_server")
        self.serve("jokbo_server", "mended")

    def test_functions_that_were_kept(self):
        """Without them a frozen server's session cannot be ended: told at the start, not refused."""
        self.migrate("jokbo_server")
        self.assertNotIn(HELPLESS, self.serve("jokbo_server", "may-end"))
        self.sql("revoke execute on function pg_terminate_backend from public", self.database)
        self.assertRegex(self.serve("jokbo_server", "may-not-end"), HELPLESS + " role=jokbo_server")
        self.sql("grant execute on function pg_terminate_backend to jokbo_server", self.database)
        self.assertNotIn(HELPLESS, self.serve("jokbo_server", "may-end-again"))

    def test_roles_that_cannot_serve(self):
        for role, word in (("nobody-here", "there is no role"), ("jokbo_owner", "owns the tables"), ("mighty", "superuser"),
                           ("member", "member of their owner")):
            with self.subTest(role=role):
                code, said = self.jokbod("migrate", "--database", self.url("jokbo_owner"), "--server-role", role)
                self.assertEqual(code, 1)
                self.assertIn(word, said)
        code, said = self.jokbod("migrate", "--database", self.url("jokbo_owner"), "--server-role", "x" * 64)
        self.assertEqual(code, 2)
        self.assertIn("--server-role", said)

    def test_the_servers_role_cannot_migrate(self):
        code, said = self.jokbod("migrate", "--database", self.url("jokbo_server"))
        self.assertEqual(code, 1)
        self.assertIn("permission denied", said)

    def test_schema_of_another_time(self):
        self.refuses("jokbo_owner", "has version 0", "run jokbod migrate")
        self.migrate("jokbo_server")
        newest = int(self.sql("select max(version) from schema_migration", self.database))
        for change, back, words in (
                ("insert into schema_migration values (%d, 'later', 'x')" % (newest + 1),
                 "delete from schema_migration where version = %d" % (newest + 1), ["has version %d" % (newest + 1), "newer one"]),
                ("update schema_migration set checksum = 'x' || checksum where version = 1",
                 "update schema_migration set checksum = substr(checksum, 2) where version = 1", ["run the binary that made"]),
                ("create table kept as select * from schema_migration where version = %d; delete from schema_migration where "
                 "version = %d" % (newest, newest), "insert into schema_migration select * from kept; drop table kept",
                 ["has version %d" % (newest - 1), "run jokbod migrate"])):
            with self.subTest(change=change):
                self.sql(change, self.database)
                self.refuses("jokbo_server", *words)
                self.sql(back, self.database)
        self.serve("jokbo_server", "present")

    def test_servers_of_before_bundles(self):
        """They would lose where records lie: the schema is not brought beyond them while one runs."""
        self.migrate("jokbo_server")
        server = self.server("jokbo_server")
        server.start()
        self.sql("create table kept as table schema_migration; delete from schema_migration where version >= 6", self.database)
        code, said = self.jokbod("migrate", "--database", self.url("jokbo_owner"))
        self.assertEqual(code, 1)
        for word in ("servers run on the database's schema of version 5", "stop all of them"):
            self.assertIn(word, said)
        self.assertEqual(int(self.sql("select max(version) from schema_migration", self.database)), 5)
        self.assertEqual(server.stop(), 0)
        self.sql("drop table hub_bundle", self.database)
        self.migrate("jokbo_server")
        self.assertEqual(self.sql("select version, checksum from schema_migration except select version, checksum from kept", self.database), "")
        self.serve("jokbo_server", "after")


if __name__ == "__main__":
    unittest.main()
