"""Accounts, tokens, members, requests for names, claims and verification, as their users meet them; and what must never
show: a token's text anywhere but in the reply that made it, and anything of a person in the log."""
import datetime
import hashlib
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import Case, Client, Cluster, Failure, derivative, joined, new_id, person  # noqa: E402

BASE = "skt/A.X-K1"
WRITER, OWNER, NO_ROLE = "MEMBER_ROLE_WRITER", "MEMBER_ROLE_OWNER", "MEMBER_ROLE_UNSPECIFIED"
CREATE, CLAIM = "PUBLISHER_REQUEST_KIND_CREATE", "PUBLISHER_REQUEST_KIND_CLAIM"
PENDING, APPROVED, REFUSED = ("PUBLISHER_REQUEST_STATE_" + s for s in ("PENDING", "APPROVED", "REFUSED"))
# What the log must not hold, in whatever is free text of a person or about one.
PRIVATE = ["이민지", "minji@example.kr", "010-1234-5678", "203.0.113.77"]


def scopes(*names):
    return ["TOKEN_SCOPE_" + name.upper() for name in names]


class AccessCase(Case):
    options = ("--log-level", "debug")

    def person(self, label="somebody", roles=(), team="", scopes=()):
        client = person(self.admin, label, roles, team, scopes)
        self.addCleanup(client.close)
        return client

    def another_admin(self, *scopes):
        """One for the time of a test: what is said about the last admin needs that there is no other."""
        client = self.person("another admin", ["admin"], scopes=("accounts",) + scopes)
        self.addCleanup(self.admin.call, "Access.UpdateAccount", account={"id": client.account, "label": "was an admin"})
        return client

    def account(self, **fields):
        return self.admin.call("Access.CreateAccount", **dict({"label": "somebody"}, **fields))

    def accounts(self):
        return self.admin.call("Access.ListAccounts", page_size=1000)

    def last_entries(self, count):
        """The newest entries, each as its lines without format and time."""
        size = self.size()
        entries = [entry.decode().splitlines() for entry in self.anyone.entries(size - count, size)]
        for lines in entries:
            self.assertEqual(lines[0], "jokbo/entry/v1")
        return [[line for line in lines[1:] if not line.startswith("time ")] for lines in entries]

    def claim(self, client, publisher, evidence="we run this"):
        return client.call("Access.RequestPublisher", kind=CLAIM, publisher=publisher, evidence=evidence)

    def decide(self, request, approve=True, evidence="domain"):
        return self.admin.call("Access.DecidePublisherRequest", id=request["id"], approve=approve, evidence=evidence)

    def members(self, publisher):
        listed = self.admin.call("Access.ListMembers", publisher=publisher)["members"]
        return {int(member["account"]): member["role"] for member in listed}


class Accounts:
    def test_create_and_list(self):
        before, size = self.accounts(), self.size()
        made = self.account(label="ㄱ" * 66 + "ab", roles=["ROLE_REGISTRAR", "ROLE_EVALUATOR"])  # 200 bytes
        after = self.accounts()
        self.assertEqual(after["accounts"], before["accounts"] + [made])
        self.assertEqual(after["total_size"], before["total_size"] + 1)
        self.assertEqual(made["roles"], ["ROLE_REGISTRAR", "ROLE_EVALUATOR"])
        self.assertFalse(made["disabled"])
        self.assertEqual(self.size(), size, "an account entered the log")
        page = self.admin.call("Access.ListAccounts", page_size=2)
        rest = self.admin.call("Access.ListAccounts", page_size=1000, page_token=page["next_page_token"])
        self.assertEqual(page["accounts"] + rest["accounts"], after["accounts"])
        self.assertEqual(rest["next_page_token"], "")

    def test_create_refuses(self):
        before = self.accounts()
        for fields, wrong in (({"label": ""}, ["label"]), ({"label": "a" * 201}, ["label"]), ({"label": "a\nb"}, ["label"]),
                              ({"roles": [99]}, ["roles[0]"]), ({"roles": ["ROLE_TEAM"]}, ["team"]),
                              ({"team": "sk-telecom"}, ["team"]), ({"roles": ["ROLE_TEAM"], "team": "a" * 64}, ["team"]),
                              ({"label": "", "roles": [0], "team": "x"}, ["label", "roles", "team"]),
                              ({"request_id": "17"}, ["request_id"])):
            with self.subTest(fields=fields):
                self.wrong(wrong, "Access.CreateAccount", self.admin, **dict({"label": "somebody"}, **fields))
        self.refused("NOT_FOUND", "TEAM_NOT_FOUND", "Access.CreateAccount", self.admin, label="x", roles=["ROLE_TEAM"],
                     team="nobody")
        self.assertEqual(self.accounts(), before)

    def test_validate_only_and_request_id(self):
        before = self.accounts()
        self.account(validate_only=True)
        self.assertEqual(self.accounts(), before)
        key = new_id()
        self.assertEqual(self.account(request_id=key), self.account(request_id=key))
        self.assertEqual(self.accounts()["total_size"], before["total_size"] + 1)
        self.refused("INVALID_ARGUMENT", "REQUEST_ID_REUSED", "Access.CreateAccount", self.admin, label="another",
                     request_id=key)

    def test_caller(self):
        client = self.person("a team's", ["team"], "upstage", ["models", "tokens"])
        caller = client.call("Access.GetCaller")
        self.assertEqual(int(caller["account"]["id"]), client.account)
        self.assertEqual((caller["account"]["label"], caller["account"]["team"]), ("a team's", "upstage"))
        self.assertEqual(caller["scopes"], scopes("models", "tokens"))

    def test_update(self):
        client = self.person("changed", scopes=["accounts"])
        self.refused("PERMISSION_DENIED", "ROLE_REQUIRED", "Access.ListAccounts", client)
        account = client.call("Access.GetCaller")["account"]
        changed = self.admin.call("Access.UpdateAccount", account=dict(
            account, label="anew", roles=["ROLE_ADMIN"], create_time="2020-01-01T00:00:00Z"))
        self.assertEqual(changed, dict(account, label="anew", roles=["ROLE_ADMIN"], grants=changed["grants"]))
        self.assertIn(changed, client.call("Access.ListAccounts", page_size=1000)["accounts"])
        self.admin.call("Access.UpdateAccount", account=dict(changed, disabled=True), validate_only=True)
        client.call("Access.GetCaller")
        self.admin.call("Access.UpdateAccount", account=dict(changed, disabled=True))
        self.refused("UNAUTHENTICATED", "TOKEN_INVALID", "Access.GetCaller", client)
        self.admin.call("Access.UpdateAccount", account=dict(changed, roles=[]))
        self.refused("PERMISSION_DENIED", "ROLE_REQUIRED", "Access.ListAccounts", client)
        self.assertEqual(client.call("Access.GetCaller")["account"]["roles"], [])

    def test_update_on_the_command_line(self):
        """What is not given stays; but a team goes with its role."""
        client = self.person("of a team", ["team"], "upstage", ["models"])
        run = lambda *words: self.server.jokbo("account", "update", str(client.account), *words)  # noqa: E731
        self.assertRegex(run("--label", "another").stdout, r"team +upstage\n")
        done = run("--role", "evaluator")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"roles +evaluator\n(.*\n)*has acted for +upstage\n")
        account = client.call("Access.GetCaller")["account"]
        self.assertEqual((account["roles"], account["team"], account["label"]), (["ROLE_EVALUATOR"], "", "another"))

    def grants(self, account):
        return {grant["role"]: (grant["since_time"], int(grant["granted_by"])) for grant in account["grants"]}

    def test_who_gave_what_and_when(self):
        """Since when a role is held without a break, and who gave it; by which account an account was made."""
        other, me = self.another_admin(), int(self.caller()["id"])
        made = other.call("Access.CreateAccount", label="x", roles=["ROLE_EVALUATOR"])
        self.assertEqual((int(made["created_by"]), int(self.caller()["created_by"])), (other.account, 0))
        self.assertEqual(self.grants(made), {"ROLE_EVALUATOR": (made["create_time"], other.account)})
        more = self.update(made, roles=["ROLE_EVALUATOR", "ROLE_REGISTRAR"], label="y", created_by=77, grants=[])
        self.assertEqual(int(more["created_by"]), other.account)
        self.assertEqual(self.grants(more)["ROLE_EVALUATOR"], self.grants(made)["ROLE_EVALUATOR"], "it was held all the time")
        self.assertEqual(self.grants(more)["ROLE_REGISTRAR"][1], me)
        self.assertEqual(self.grants(self.update(more, roles=[])), {})
        again = self.update(more, roles=["ROLE_EVALUATOR"])
        self.assertEqual(self.grants(again)["ROLE_EVALUATOR"][1], me)
        self.assertGreater(self.grants(again)["ROLE_EVALUATOR"][0], self.grants(more)["ROLE_REGISTRAR"][0])

    def caller(self):
        return self.admin.call("Access.GetCaller")["account"]

    def update(self, account, **changes):
        return self.admin.call("Access.UpdateAccount", account=dict(account, **changes))

    def test_update_refuses(self):
        self.wrong(["account"], "Access.UpdateAccount", self.admin)
        self.wrong(["account.label"], "Access.UpdateAccount", self.admin, account={"id": 1})
        for number in (0, -1, 10 ** 9):
            self.refused("NOT_FOUND", "ACCOUNT_NOT_FOUND", "Access.UpdateAccount", self.admin,
                         account={"id": number, "label": "x"})

    def test_last_admin(self):
        mine = self.admin.call("Access.GetCaller")["account"]
        self.assertEqual({by for _, by in self.grants(mine).values()}, {0})  # the server, at its start
        for change in ({"disabled": True}, {"roles": []}, {"roles": ["ROLE_REGISTRAR"]}):
            self.refused("FAILED_PRECONDITION", "LAST_ADMIN", "Access.UpdateAccount", self.admin,
                         account=dict(mine, **change))
        self.account(roles=["ROLE_ADMIN"], label="gone", request_id=new_id())
        other = self.person("second admin", ["admin"], scopes=["accounts"])
        for account in self.accounts()["accounts"]:
            if account["label"] == "gone":
                self.admin.call("Access.UpdateAccount", account=dict(account, disabled=True))
        self.admin.call("Access.UpdateAccount", account=dict(mine, roles=[]))
        self.refused("PERMISSION_DENIED", "ROLE_REQUIRED", "Access.ListAccounts", self.admin)
        self.refused("FAILED_PRECONDITION", "LAST_ADMIN", "Access.UpdateAccount", other,
                     account={"id": other.account, "label": "second admin"})
        other.call("Access.UpdateAccount", account=mine)
        again = self.admin.call("Access.GetCaller")["account"]
        self.assertEqual(again, dict(mine, grants=again["grants"]))
        self.assertEqual([grant["granted_by"] for grant in again["grants"]], [str(other.account)] * 3)
        self.admin.call("Access.UpdateAccount", account={"id": other.account, "label": "second admin"})


class Tokens:
    def tokens(self, account):
        return self.admin.call("Access.ListTokens", account=account, page_size=1000)["tokens"]

    def test_shown_once(self):
        account = self.account()["id"]
        made = [self.admin.call("Access.CreateToken", account=account, label="ci %d" % i) for i in range(3)]
        for one in made:
            self.assertRegex(one["secret"], r"^jk_[A-Za-z0-9_-]{43}$")
        self.assertEqual(len({one["secret"] for one in made}), 3)
        listed = self.tokens(account)
        self.assertEqual(listed, [one["token"] for one in made])
        for one in made:
            self.assertNotIn(one["secret"][3:], str(listed))
            self.assertNotIn(one["secret"][3:], str(self.admin.call("Access.RevokeToken", id=one["token"]["id"])))

    def test_lifetime(self):
        account, year = self.account()["id"], 365 * 24 * 3600
        for seconds, lasts in ((0, year), (60, 60), (10 * year, 10 * year), (-1, None)):
            token = self.admin.call("Access.CreateToken", account=account, lifetime_seconds=seconds)["token"]
            self.assertEqual(self.lasts(token), lasts)
        for seconds in (-2, 10 * year + 1):
            self.wrong(["lifetime_seconds"], "Access.CreateToken", self.admin, account=account,
                       lifetime_seconds=seconds)

    def lasts(self, token):
        """Seconds from creation to the end; None for ever."""
        if "expire_time" not in token:
            return None
        begin, end = (datetime.datetime.fromisoformat(token[name].replace("Z", "+00:00"))
                      for name in ("create_time", "expire_time"))
        return (end - begin).total_seconds()

    def test_scopes_cannot_exceed(self):
        client = self.person(scopes=["tokens", "models"])
        before = self.tokens(client.account)
        for wanted in (["publishers"], ["models", "accounts"], ["tokens", "models", "roster"]):
            self.wrong(["scopes"], "Access.CreateToken", client, scopes=scopes(*wanted))
        self.wrong(["scopes[0]"], "Access.CreateToken", client, scopes=[77])
        self.assertEqual(self.tokens(client.account), before)
        made = client.call("Access.CreateToken", scopes=scopes("models", "tokens"))
        self.assertEqual(made["token"]["scopes"], scopes("models", "tokens"))
        self.assertEqual(client.call("Access.CreateToken", scopes=scopes("publish"))["token"]["scopes"], scopes("publish"))
        self.wrong(["scopes"], "Access.CreateToken", self.person(scopes=["tokens", "publish"]), scopes=scopes("models"))
        machine = self.person(scopes=["tokens", "publish"])  # none given: what it has to give
        self.assertEqual(machine.call("Access.CreateToken")["token"]["scopes"], scopes("publish"))
        narrow = client.call("Access.CreateToken")["token"]  # none given: models and publishers, as far as held
        self.assertEqual(narrow["scopes"], scopes("models"))
        wide = self.admin.call("Access.CreateToken", account=client.account)["token"]
        self.assertEqual(wide["scopes"], scopes("models", "publishers"))

    def test_labels(self):
        account = self.account()["id"]
        self.admin.call("Access.CreateToken", account=account, label="a" * 200)
        for label in ("a" * 201, "a\tb"):
            self.wrong(["label"], "Access.CreateToken", self.admin, account=account, label=label)
        self.refused("NOT_FOUND", "ACCOUNT_NOT_FOUND", "Access.CreateToken", self.admin, account=10 ** 9)
        self.wrong(["account"], "Access.CreateToken", self.admin, account=-1)

    def test_at_most_50(self):
        account = self.account()["id"]
        made = [self.admin.call("Access.CreateToken", account=account)["token"] for _ in range(50)]
        self.refused("RESOURCE_EXHAUSTED", "TOKENS_QUOTA", "Access.CreateToken", self.admin, account=account)
        self.assertEqual(len(self.tokens(account)), 50)
        self.admin.call("Access.RevokeToken", id=made[7]["id"])
        self.admin.call("Access.CreateToken", account=account)
        self.refused("RESOURCE_EXHAUSTED", "TOKENS_QUOTA", "Access.CreateToken", self.admin, account=account)
        self.admin.call("Access.CreateToken", account=self.account()["id"])  # another account's are not counted

    def test_revocation_is_immediate(self):
        client = self.person(scopes=["models", "publishers", "tokens"])
        second = client.call("Access.CreateToken", scopes=scopes("publishers"))
        other = Client(self.server.address, second["secret"])
        self.addCleanup(other.close)
        other.call("Access.GetCaller")
        revoked = client.call("Access.RevokeToken", id=second["token"]["id"])
        self.assertEqual(revoked, dict(second["token"], revoked=True))
        self.refused("UNAUTHENTICATED", "TOKEN_INVALID", "Access.GetCaller", other)
        self.refused("UNAUTHENTICATED", "TOKEN_INVALID", "Registry.CreatePublisher", other, name="too-late")
        self.refused("UNAUTHENTICATED", "TOKEN_INVALID", "Log.GetCheckpoint", other)
        self.assertEqual(client.call("Access.RevokeToken", id=second["token"]["id"]), revoked)  # again: the same
        self.assertIn(revoked, self.tokens(client.account))
        client.call("Access.GetCaller")

    def child(self, client, *words, **fields):
        """A token that the client makes for itself: a client with it, and the token."""
        made = client.call("Access.CreateToken", scopes=scopes(*words), **fields)
        child = Client(self.server.address, made["secret"])
        self.addCleanup(child.close)
        return child, made["token"]

    def ends(self, token):
        return token.get("expire_time")

    def test_a_child_ends_no_later_than_its_parent(self):
        account, hour = self.account()["id"], 3600
        made = self.admin.call("Access.CreateToken", account=account, scopes=scopes("models", "tokens"), lifetime_seconds=hour)
        parent = Client(self.server.address, made["secret"])
        self.addCleanup(parent.close)
        for lifetime in (0, -1, hour, 10 * 365 * 24 * hour):
            child, token = self.child(parent, "models", "tokens", lifetime_seconds=lifetime)
            self.assertEqual(self.ends(token), self.ends(made["token"]), lifetime)
            self.assertEqual((token["parent"], int(token["made_by"])), (made["token"]["id"], int(account)))
        self.assertEqual(self.lasts(self.child(parent, "models", lifetime_seconds=60)[1]), 60)
        grandchild = self.child(child, "models", lifetime_seconds=-1)[1]
        self.assertEqual((self.ends(grandchild), grandchild["parent"]), (self.ends(made["token"]), token["id"]))
        endless = self.admin.call("Access.CreateToken", account=account, scopes=scopes("tokens"), lifetime_seconds=-1)
        free = Client(self.server.address, endless["secret"])
        self.addCleanup(free.close)
        self.assertIsNone(self.ends(self.child(free, "tokens", lifetime_seconds=-1)[1]))

    def test_a_child_ends_with_its_parent(self):
        client = self.person(scopes=["publishers", "tokens"])
        parent, made = self.child(client, "publishers", "tokens")
        child, below = self.child(parent, "publishers", "tokens")
        grandchild, last = self.child(child, "publishers")
        sibling, beside = self.child(client, "publishers")
        grandchild.call("Registry.CreatePublisher", name="by-a-grandchild")
        client.call("Access.RevokeToken", id=made["id"])
        for gone in (parent, child, grandchild):
            self.refused("UNAUTHENTICATED", "TOKEN_INVALID", "Access.GetCaller", gone)
            self.refused("UNAUTHENTICATED", "TOKEN_INVALID", "Registry.CreatePublisher", gone, name="too-late")
            self.refused("UNAUTHENTICATED", "TOKEN_INVALID", "Log.GetCheckpoint", gone)
        sibling.call("Access.GetCaller")
        revoked = {token["id"]: token["revoked"] for token in self.tokens(client.account)}
        self.assertEqual([revoked[token["id"]] for token in (made, below, last, beside)], [True, True, True, False])
        shown = self.server.jokbo("token", "list", "--account", str(client.account)).stdout.splitlines()
        line = next(line for line in shown if line.split()[0] == last["id"])
        self.assertRegex(line, r" token %s, ends with it .*revoked$" % below["id"])
        made = self.server.jokbo("token", "create", "--scope", "models", token=self.admin.token)
        number = self.admin.call("Access.ListTokens", page_size=1000)["tokens"][-1]["parent"]
        self.assertIn("It ends with token %s, which created it" % number, made.stderr)

    def test_a_token_takes_no_better_one_away(self):
        """A weaker one, and one that was made with it, revoke neither it nor others; itself, and its equals, it does."""
        client = self.person(scopes=["publishers", "models", "tokens"])
        weak, made = self.child(client, "models", "tokens")
        equal, other = self.child(client, "models", "tokens")
        own = client.call("Access.ListTokens")["tokens"][0]["id"]
        strong = client.call("Access.CreateToken", scopes=scopes("publishers"))["token"]["id"]
        for number in (own, strong):
            self.refused("PERMISSION_DENIED", "TOKEN_STRONGER", "Access.RevokeToken", weak, id=number)
        same, its = self.child(weak, "models", "tokens")
        self.refused("PERMISSION_DENIED", "TOKEN_STRONGER", "Access.RevokeToken", same, id=made["id"])
        weak.call("Access.RevokeToken", id=other["id"])
        self.refused("UNAUTHENTICATED", "TOKEN_INVALID", "Access.GetCaller", equal)
        weak.call("Access.RevokeToken", id=its["id"])
        weak.call("Access.RevokeToken", id=made["id"])
        self.admin.call("Access.RevokeToken", id=own)

    def test_a_token_for_another_is_nobodys_child(self):
        """An admin's token ends; what he made for others goes on, and shows who made it."""
        admin = self.another_admin("tokens")
        other = self.account()["id"]
        child, token = self.child(admin, "accounts", "tokens", lifetime_seconds=3600)
        made = child.call("Access.CreateToken", account=other, scopes=scopes("tokens"), lifetime_seconds=-1)
        self.assertEqual((made["token"]["parent"], int(made["token"]["made_by"])), ("0", admin.account))
        self.assertIsNone(self.ends(made["token"]))
        admin.call("Access.RevokeToken", id=token["id"])
        theirs = Client(self.server.address, made["secret"])
        self.addCleanup(theirs.close)
        theirs.call("Access.GetCaller")

    def test_dead_tokens_leave_room(self):
        """50 live tokens an account: those that went with their parent are not among them."""
        client = self.person(scopes=["tokens"])
        parent, made = self.child(client, "tokens")
        for _ in range(48):
            self.child(parent, "tokens")
        self.refused("RESOURCE_EXHAUSTED", "TOKENS_QUOTA", "Access.CreateToken", client, scopes=scopes("tokens"))
        client.call("Access.RevokeToken", id=made["id"])
        self.child(client, "tokens")

    def test_at_most_500_a_day(self):
        """Those that have ended are counted, so that nobody makes and revokes them without end."""
        client = self.person(scopes=["tokens"])  # the first
        for i in range(499):
            made = client.call("Access.CreateToken", scopes=scopes("tokens"))["token"]
            client.call("Access.RevokeToken", id=made["id"])
        failure = self.refused("RESOURCE_EXHAUSTED", "TOKENS_QUOTA", "Access.CreateToken", client, scopes=scopes("tokens"))
        self.assertIn("500 tokens were made for the account on this day (UTC+09:00)", failure.message)
        self.refused("RESOURCE_EXHAUSTED", "TOKENS_QUOTA", "Access.CreateToken", self.admin, account=client.account)
        self.person()  # another account's are not counted

    def test_revoke_only_ones_own(self):
        mine, others = self.person(scopes=["tokens"]), self.person()
        token = self.tokens(others.account)[0]["id"]
        for number in (token, 10 ** 9, 0, -1):
            failure = self.refused("NOT_FOUND", "TOKEN_NOT_FOUND", "Access.RevokeToken", mine, id=number)
            self.assertEqual(failure.message, "There is no token %s of yours" % number)
        others.call("Access.GetCaller")


class Members:
    def set(self, client, account, role=WRITER, publisher="alice"):
        return joined(self.admin, publisher, account, role, by=client)

    def test_writer_and_owner(self):
        writer = self.person(scopes=["models", "publishers"])
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.RegisterDerivative", writer,
                     derivative=derivative("alice/by-writer", BASE))
        size = self.size()
        set_ = self.set(self.alice, writer.account, publisher="ALICE")
        self.assertEqual((set_["publisher"], set_["role"]), ("alice", WRITER))
        self.assertEqual(self.size(), size, "a member entered the log")
        self.register("alice/by-writer", BASE, client=writer)
        self.assertEqual(self.last_entries(1)[0][:2], ["kind register", "actor publisher alice"])
        self.assertEqual(writer.call("Access.ListMembers", publisher="alice")["total_size"], len(self.members("alice")))
        stranger = self.person()
        self.refused("PERMISSION_DENIED", "NOT_AN_OWNER", "Access.SetMember", writer, publisher="alice",
                     account=stranger.account, role=WRITER)
        self.refused("PERMISSION_DENIED", "NOT_AN_OWNER", "Access.SetMember", writer, publisher="alice",
                     account=writer.account, role=OWNER)
        self.refused("PERMISSION_DENIED", "NOT_AN_OWNER", "Access.RemoveMember", writer, publisher="alice",
                     account=self.alice.account)
        self.set(self.alice, writer.account, OWNER)
        self.set(writer, stranger.account)
        self.assertEqual(self.members("alice")[stranger.account], WRITER)
        writer.call("Access.RemoveMember", publisher="alice", account=stranger.account)
        self.alice.call("Access.RemoveMember", publisher="alice", account=writer.account)
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.RegisterDerivative", writer,
                     derivative=derivative("alice/too-late", BASE))
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Access.ListMembers", writer, publisher="alice")
        self.assertEqual(self.members("alice"), {self.alice.account: OWNER})

    def test_last_owner(self):
        mine = dict(publisher="bob", account=self.bob.account)
        self.refused("FAILED_PRECONDITION", "LAST_OWNER", "Access.SetMember", self.bob, role=WRITER, **mine)
        self.refused("FAILED_PRECONDITION", "LAST_OWNER", "Access.RemoveMember", self.bob, **mine)
        second = self.person()
        self.set(self.bob, second.account, WRITER, "bob")
        self.refused("FAILED_PRECONDITION", "LAST_OWNER", "Access.RemoveMember", self.bob, **mine)
        self.refused("FAILED_PRECONDITION", "LAST_OWNER", "Access.RemoveMember", self.admin, **mine)
        self.set(self.bob, second.account, OWNER, "bob")
        self.bob.call("Access.RemoveMember", **mine)
        self.assertEqual(self.members("bob"), {second.account: OWNER})
        self.set(second, self.bob.account, OWNER, "bob")
        second.call("Access.RemoveMember", publisher="bob", account=second.account)
        self.assertEqual(self.members("bob"), {self.bob.account: OWNER})

    def test_nobody_is_a_member_without_his_word(self):
        guest, other = self.person(scopes=["models", "publishers"]), self.person(scopes=["publishers"])
        invite = dict(publisher="alice", account=guest.account)
        join = lambda client: client.call("Access.AcceptMembership", publisher="ALICE")  # noqa: E731
        made = self.alice.call("Access.SetMember", role=WRITER, **invite)
        self.assertEqual((made["role"], made["invited"]), (NO_ROLE, WRITER))
        self.assertEqual(self.alice.call("Access.SetMember", role=WRITER, **invite), made, "the same again")
        self.assertEqual(guest.call("Access.GetCaller")["invitations"], [made])
        self.assertIn(made, self.admin.call("Access.ListMembers", publisher="alice")["members"])
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.RegisterDerivative", guest, derivative=derivative("alice/guest", BASE))
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Access.ListMembers", guest, publisher="alice")
        self.refused("NOT_FOUND", "INVITATION_NOT_FOUND", "Access.AcceptMembership", other, publisher="alice")
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", "Access.AcceptMembership", guest, publisher="nobody")
        guest.call("Access.RemoveMember", **invite)  # declines
        self.refused("NOT_FOUND", "INVITATION_NOT_FOUND", "Access.AcceptMembership", guest, publisher="alice")
        self.assertEqual(guest.call("Access.GetCaller")["invitations"], [])
        self.alice.call("Access.SetMember", role=WRITER, **invite)
        self.alice.call("Access.SetMember", role=OWNER, **invite)  # another offer takes the first one's place
        self.assertEqual(join(guest)["role"], OWNER)
        self.assertEqual(join(guest)["role"], OWNER, "the same again")
        self.alice.call("Access.SetMember", publisher="alice", account=other.account, role=WRITER)
        guest.call("Access.SetMember", publisher="alice", account=other.account, role=OWNER)
        self.alice.call("Access.RemoveMember", **invite)
        self.refused("FAILED_PRECONDITION", "INVITATION_LAPSED", "Access.AcceptMembership", other, publisher="alice")  # who invited it is out
        self.alice.call("Access.RemoveMember", publisher="alice", account=other.account)
        self.refused("NOT_FOUND", "MEMBER_NOT_FOUND", "Access.RemoveMember", self.alice, publisher="alice", account=other.account)
        self.assertEqual(self.members("alice"), {self.alice.account: OWNER})

    def test_joining_on_the_command_line(self):
        guest = self.person(scopes=["publishers"])
        run = lambda client, *words: self.server.jokbo(*words, token=client.token)  # noqa: E731
        added = run(self.alice, "publisher", "add-member", "alice", str(guest.account))
        self.assertEqual(added.stdout, "Account %d is invited to be a writer of alice, and is one once it accepts: jokbo publisher join alice\n"
                         % guest.account)
        self.assertRegex(run(self.alice, "publisher", "members", "alice").stdout, r"%d +writer +.* invited" % guest.account)
        self.assertIn("Invited as writer of alice: jokbo publisher join alice", run(guest, "whoami").stdout)
        self.assertEqual(run(guest, "publisher", "join", "alice").stdout, "Account %d is now a writer of alice.\n" % guest.account)
        self.assertNotIn("Invited", run(guest, "whoami").stdout)
        left = run(guest, "publisher", "remove-member", "alice", str(guest.account))
        self.assertIn("is no longer a member of alice", left.stdout)

    def test_refuses(self):
        for role in (0, 3, -1):
            self.wrong(["role"], "Access.SetMember", publisher="alice", account=self.bob.account, role=role)
        for account in (10 ** 9, 0, -1):
            self.refused("NOT_FOUND", "ACCOUNT_NOT_FOUND", "Access.SetMember", publisher="alice", account=account,
                         role=WRITER)
            self.refused("NOT_FOUND", "MEMBER_NOT_FOUND", "Access.RemoveMember", publisher="alice", account=account)
        self.refused("NOT_FOUND", "MEMBER_NOT_FOUND", "Access.RemoveMember", publisher="alice", account=self.bob.account)
        for method, more in (("SetMember", {"role": WRITER}), ("RemoveMember", {})):
            self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", "Access." + method, publisher="nobody",
                         account=self.bob.account, **more)
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", "Access.ListMembers", publisher="nobody")


class Names:
    def requests(self, client=None, **fields):
        return (client or self.admin).call("Access.ListPublisherRequests", page_size=1000, **fields)["requests"]

    def test_reserved_names_fold(self):
        for name in ("nc_soft", "NC-SOFT", "n.c.s.o.f.t", "LGAIEXAONE", "lgai_exaone", "S-K-T", "Up_Stage",
                     "Motif.Technologies"):
            with self.subTest(name=name):
                self.refused("FAILED_PRECONDITION", "NAME_RESERVED", "Registry.CreatePublisher", name=name)
        for name in ("skt", "SKT", "Upstage", "lgai-exaone"):
            self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Registry.CreatePublisher", name=name)
        self.refused("FAILED_PRECONDITION", "NAME_RESERVED", "Registry.RegisterDerivative", self.admin,
                     derivative=derivative("S_K_T/fake", BASE))
        made = self.alice.call("Registry.CreatePublisher", name="skt-friends")  # longer is not equal
        self.assertTrue(made["notice"])
        self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Registry.CreatePublisher", self.bob, name="SKT-Friends")
        self.bob.call("Registry.CreatePublisher", name="skt_friends")  # only the roster's names fold leniently

    def test_look_alikes(self):
        """Nobody takes a name that the eye takes for one on the roster, or for an upstream organisation's."""
        for name, like, what in (
                ("LGAI-EXA0NE", "LGAI-EXAONE", "a publisher on the roster"), ("upstage-ai", "upstage", "a publisher on the roster"),
                ("sk-te1ecom", "sk-telecom", "the id of a K-AI team"), ("LG-Labs", "lg-ai-research", "the id of a K-AI team"),
                ("NAVER.CLOUD", "naver-cloud", "the id of a K-AI team"), ("Rnotif-Technologies", "Motif-Technologies",
                                                                        "a publisher on the roster"),
                ("nota_a1", "nota-ai", "a publisher on the roster"), ("Qvven", "Qwen", "an upstream organisation"),
                ("meta-1lama-official", "meta-llama", "an upstream organisation")):
            for client in (self.alice, self.admin):
                with self.subTest(name=name):
                    failure = self.refused("FAILED_PRECONDITION", "NAME_RESERVED", "Registry.CreatePublisher", client,
                                           name=name, on_behalf=client is self.admin)
                    self.assertEqual(failure.metadata["looks_like"], like)
                    self.assertIn('looks like "%s", %s' % (like, what), failure.message)
                    self.assertIn("jokbo publisher request " + name, failure.message)
        client = self.person()
        for name in ("ai21labs", "solar-lab", "upstageai", "Qwen2-fans"):
            client.call("Registry.CreatePublisher", name=name)

    def test_an_upstream_organisation_itself(self):
        """A registrar enters it for others to claim; who makes it for himself needs the approval."""
        registrar, client = self.person(roles=["registrar"]), self.person()
        failure = self.refused("FAILED_PRECONDITION", "NAME_RESERVED", "Registry.CreatePublisher", client, name="UNSLOTH")
        self.assertIn('is that of "unsloth", an upstream organisation', failure.message)
        self.refused("FAILED_PRECONDITION", "NAME_RESERVED", "Registry.CreatePublisher", registrar, name="unsloth")
        self.refused("FAILED_PRECONDITION", "NAME_RESERVED", "Registry.RegisterDerivative", registrar,
                     derivative=derivative("un5loth/m", BASE))
        self.assertFalse(registrar.call("Registry.CreatePublisher", name="unsloth", on_behalf=True)["claimed"])
        self.register("TheBloke/m", BASE, client=registrar)
        asked = client.call("Access.RequestPublisher", kind=CREATE, publisher="nvidia", evidence="a mail from there")
        self.assertEqual(asked["looks_like"], "nvidia")
        self.decide(asked)
        self.assertEqual(self.members("nvidia"), {client.account: OWNER})

    def test_names_that_exist_stay(self):
        early, team = self.person(), {"name": "팀", "name_ko": "팀", "join_time": "2026-01-01T00:00:00Z"}
        early.call("Registry.CreatePublisher", name="late-c0mer")
        self.admin.call("Registry.ApplyRoster", teams=[dict(team, id="late-comer")])
        self.register("late-c0mer/m", BASE, client=early)
        self.refused("FAILED_PRECONDITION", "NAME_RESERVED", "Registry.CreatePublisher", early, name="1ate-comer")
        self.admin.call("Registry.ApplyRoster", teams=[dict(team, id="late-comer", name="Later Labs")])
        self.refused("FAILED_PRECONDITION", "NAME_RESERVED", "Registry.CreatePublisher", early, name="later")

    def test_request_and_decide(self):
        client, stranger = self.person(), self.person()
        size = self.size()
        asked = client.call("Access.RequestPublisher", kind=CREATE, publisher="up-stage", evidence="mail from the CEO")
        self.assertEqual((asked["kind"], asked["state"], asked["publisher"]), (CREATE, PENDING, "up-stage"))
        self.assertEqual(asked["looks_like"], "upstage")
        listed = self.server.jokbo("publisher", "requests", "--pending").stdout
        self.assertRegex(listed, r"create +up-stage +looks like upstage")
        self.assertEqual(int(asked["account"]), client.account)
        self.refused("ALREADY_EXISTS", "REQUEST_PENDING", "Access.RequestPublisher", client, kind=CREATE,
                     publisher="UP-STAGE", evidence="again")
        self.assertEqual(self.requests(client), [asked])
        self.assertEqual(self.requests(stranger), [])
        self.assertIn(asked, self.requests(pending=True))
        for evidence in ("two\nlines", "x" * 201):
            self.wrong(["evidence"], "Access.DecidePublisherRequest", self.admin, id=asked["id"], approve=True,
                       evidence=evidence)
        self.assertEqual(self.decide(asked, approve=False, evidence="")["state"], REFUSED)
        self.refused("FAILED_PRECONDITION", "ALREADY_DECIDED", "Access.DecidePublisherRequest", self.admin,
                     id=asked["id"], approve=True, evidence="domain")
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", "Registry.GetPublisher", self.anyone, name="up-stage")
        self.assertEqual(self.size(), size, "a request or its refusal entered the log")
        again = client.call("Access.RequestPublisher", kind=CREATE, publisher="up-stage", evidence="a notary's paper")
        self.assertEqual(self.decide(again, evidence="business-registration")["state"], APPROVED)
        entry = self.last_entries(1)[0]
        self.assertEqual(entry[:3], ["kind publisher", "actor role admin", "publisher up-stage"])
        self.assertEqual(self.size(), size + 1)
        self.assertEqual(self.members("up-stage"), {client.account: OWNER})
        self.assertTrue(self.anyone.call("Registry.GetPublisher", name="up-stage")["claimed"])
        self.register("up-stage/first", BASE, client=client)
        self.assertEqual([r["state"] for r in self.requests(client)], [REFUSED, APPROVED])
        self.assertEqual([r for r in self.requests(pending=True) if r["publisher"] == "up-stage"], [])
        for number in (10 ** 9, 0, -1):
            self.refused("NOT_FOUND", "REQUEST_NOT_FOUND", "Access.DecidePublisherRequest", self.admin, id=number)

    def test_request_refuses(self):
        call = dict(kind=CREATE, publisher="sk-t", evidence="x")
        for change, wrong in (({"kind": 0}, ["kind"]), ({"kind": 4}, ["kind"]), ({"kind": 3}, ["owner"]), ({"publisher": "a/b"}, ["publisher"]),
                              ({"publisher": ""}, ["publisher"]), ({"evidence": ""}, ["evidence"]),
                              ({"evidence": "x" * 1025}, ["evidence"]),
                              ({"kind": 0, "publisher": "-", "evidence": ""}, ["evidence", "kind", "publisher"])):
            self.wrong(wrong, "Access.RequestPublisher", **dict(call, **change))
        self.refused("FAILED_PRECONDITION", "NOT_RESERVED", "Access.RequestPublisher", **dict(call, publisher="free"))
        self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Access.RequestPublisher", **dict(call, publisher="SKT"))
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", "Access.RequestPublisher", **dict(call, kind=CLAIM))
        self.refused("FAILED_PRECONDITION", "ALREADY_CLAIMED", "Access.RequestPublisher",
                     **dict(call, kind=CLAIM, publisher="bob"))

    def test_at_most_20_pending(self):
        client = self.person()
        names = ["".join(letter + "_" * int(bit) for letter, bit in zip("NCSOFT", format(i, "06b"))) for i in range(1, 22)]
        asked = [client.call("Access.RequestPublisher", kind=CREATE, publisher=name, evidence="x" * 1024)
                 for name in names[:20]]
        self.refused("RESOURCE_EXHAUSTED", "REQUESTS_QUOTA", "Access.RequestPublisher", client, kind=CREATE,
                     publisher=names[20], evidence="x")
        self.decide(asked[0], approve=False)
        client.call("Access.RequestPublisher", kind=CREATE, publisher=names[20], evidence="x")
        for request in self.requests(client, pending=True):
            self.decide(request, approve=False)

    def test_claims(self):
        registrar, first, second = self.person(roles=["registrar"]), self.person(), self.person()
        made = registrar.call("Registry.CreatePublisher", name="quiet-lab", on_behalf=True)
        self.assertFalse(made["claimed"])
        entry = self.last_entries(1)[0]
        self.assertEqual(entry[:3], ["kind publisher", "actor role registrar", "publisher quiet-lab"])
        self.assertEqual(self.members("quiet-lab"), {})
        self.register("quiet-lab/one", BASE, client=registrar)
        self.assertEqual(self.last_entries(1)[0][:2], ["kind register", "actor role registrar"])
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.RegisterDerivative", first,
                     derivative=derivative("quiet-lab/two", BASE))
        self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Registry.CreatePublisher", first, name="quiet-lab")
        requests = [self.claim(client, "Quiet-Lab") for client in (first, second)]
        self.assertFalse(self.anyone.call("Registry.GetPublisher", name="quiet-lab")["claimed"])
        self.wrong(["evidence"], "Access.DecidePublisherRequest", self.admin, id=requests[0]["id"], approve=True)
        self.decide(requests[0])
        entry = self.last_entries(1)[0]
        self.assertEqual(entry[:3], ["kind claim", "actor role admin", "publisher quiet-lab"])
        self.assertIn("evidence domain", entry)
        self.assertTrue(self.anyone.call("Registry.GetPublisher", name="quiet-lab")["claimed"])
        self.refused("FAILED_PRECONDITION", "ALREADY_CLAIMED", "Access.DecidePublisherRequest", self.admin,
                     id=requests[1]["id"], approve=True, evidence="domain")
        self.assertEqual(self.decide(requests[1], approve=False)["state"], REFUSED)
        for method, request in (("RegisterDerivative", {"derivative": derivative("quiet-lab/two", BASE)}),
                                ("PublishRelease", {"release": derivative("quiet-lab/one", BASE, version="2")}),
                                ("YankRelease", {"name": "quiet-lab/one@1", "reason": "x"})):
            self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry." + method, registrar, **request)
        self.register("quiet-lab/two", BASE, client=first)
        self.assertEqual(self.last_entries(1)[0][:2], ["kind register", "actor publisher quiet-lab"])
        self.assertEqual(self.members("quiet-lab"), {first.account: OWNER})

    def test_registrar_enters_publishers_by_the_way(self):
        registrar, size = self.person(roles=["registrar"]), self.size()
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", "Registry.RegisterDerivative",
                     derivative=derivative("unheard-of/m", BASE))
        self.refused("PERMISSION_DENIED", "NOT_REGISTRAR", "Registry.CreatePublisher", name="unheard-of", on_behalf=True)
        registrar.call("Registry.RegisterDerivative", derivative=derivative("unheard-of/m", BASE), validate_only=True)
        self.assertEqual(self.size(), size)
        self.register("unheard-of/m", BASE, client=registrar)
        self.assertEqual(self.size(), size + 2)
        self.assertEqual([entry[:2] for entry in self.last_entries(2)],
                         [["kind publisher", "actor role registrar"], ["kind register", "actor role registrar"]])
        self.refused("INVALID_ARGUMENT", "INVALID_FIELD", "Registry.RegisterDerivative", registrar,
                     derivative=derivative("never-made/m", BASE, license="no such licence"))
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", "Registry.GetPublisher", self.anyone, name="never-made")

    def test_team_acts_for_its_own(self):
        team = self.person(roles=["team"], team="sk-telecom", scopes=["models"])
        self.register("skt/own-quant", BASE, client=team, relation="quantized")
        self.assertEqual(self.last_entries(1)[0][:2], ["kind register", "actor team sk-telecom"])
        team.call("Registry.PublishRelease", release=derivative(BASE, version="2", relation=None))
        self.assertEqual(self.last_entries(1)[0][:2], ["kind release", "actor team sk-telecom"])
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.PublishRelease", team,
                     release=derivative("upstage/Solar-Open-100B", version="2", relation=None))
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.RegisterDerivative", team,
                     derivative=derivative("upstage/own-quant", BASE))

    def test_base_models_are_no_registrars(self):
        """skt is unclaimed, so a registrar may register for it; its base models' releases are their team's alone."""
        registrar = self.person(roles=["registrar"])
        self.assertFalse(self.anyone.call("Registry.GetPublisher", name="skt")["claimed"])
        self.register("skt/by-registrar", BASE, client=registrar)
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.PublishRelease", registrar,
                     release=derivative("skt/A.X-K2", version="2", relation=None))
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.YankRelease", registrar,
                     name="skt/A.X-K2@initial", reason="x")

    def test_verification(self):
        self.assertFalse(self.anyone.call("Registry.GetPublisher", name="bob")["verified"])
        self.refused("FAILED_PRECONDITION", "ALREADY_SO", "Registry.VerifyPublisher", self.admin, name="bob",
                     evidence="domain", undo=True)
        done = self.admin.call("Registry.VerifyPublisher", name="BOB", evidence="domain", details=" ".join(PRIVATE))
        self.assertTrue(done["verified"])
        self.assertEqual(done["name"], "bob")
        entry = self.last_entries(1)[0]
        self.assertEqual(entry[:3], ["kind verify", "actor role admin", "publisher bob"])
        self.assertIn("evidence domain", entry)
        self.refused("FAILED_PRECONDITION", "ALREADY_SO", "Registry.VerifyPublisher", self.admin, name="bob",
                     evidence="domain")
        self.wrong(["details", "evidence", "name"], "Registry.VerifyPublisher", self.admin, name="a/b",
                   evidence="two\nlines", details="x" * 4097)
        self.refused("NOT_FOUND", "PUBLISHER_NOT_FOUND", "Registry.VerifyPublisher", self.admin, name="nobody",
                     evidence="domain")
        self.admin.call("Registry.VerifyPublisher", name="bob", evidence="expired", undo=True, validate_only=True)
        self.assertTrue(self.anyone.call("Registry.GetPublisher", name="bob")["verified"])
        self.admin.call("Registry.VerifyPublisher", name="bob", evidence="expired", undo=True)
        self.assertEqual(self.last_entries(1)[0][:2], ["kind unverify", "actor role admin"])
        self.assertFalse(self.anyone.call("Registry.GetPublisher", name="bob")["verified"])


class Secrets:
    """Everything that takes a secret or something private is done once; then it is looked for where it must not be."""

    def do_everything(self):
        minji = self.person(" ".join(PRIVATE), scopes=["models", "publishers", "tokens"])
        made = minji.call("Access.CreateToken", label=PRIVATE[1])
        revoked = minji.call("Access.CreateToken", label=PRIVATE[0])
        minji.call("Access.RevokeToken", id=revoked["token"]["id"], request_id=new_id())
        minji.call("Registry.CreatePublisher", name="minji", request_id=new_id())
        minji.call("Access.SetMember", publisher="minji", account=self.bob.account, role=WRITER, request_id=new_id())
        self.bob.call("Access.AcceptMembership", publisher="minji", request_id=new_id())
        minji.call("Registry.RegisterDerivative", derivative=derivative("minji/m", BASE), request_id=new_id())
        minji.call("Registry.YankRelease", name="minji/m@1", reason="ask " + ", ".join(PRIVATE), request_id=new_id())
        minji.call("Registry.UnyankRelease", name="minji/m@1", reason=PRIVATE[2])
        asked = minji.call("Access.RequestPublisher", kind=CREATE, publisher="moTif_technologies",
                           evidence=" ".join(PRIVATE), request_id=new_id())
        self.decide(asked)
        self.admin.call("Registry.VerifyPublisher", name="minji", evidence="domain", details=" ".join(PRIVATE))
        data = PRIVATE[0].encode()
        minji.upload("BLOB_KIND_LICENSE_TEXT", data, hashlib.sha256(data).hexdigest())
        unknown = "jk_" + "Q" * 43
        for secret in (revoked["secret"], unknown, "jk_not-even-shaped-like-one"):
            client = Client(self.server.address, secret)
            self.refused("UNAUTHENTICATED", "TOKEN_INVALID", "Registry.CreatePublisher", client, name="x")
            client.close()
        with self.assertRaises(Failure):
            minji.call("Access.CreateToken", scopes=scopes("accounts"))
        return [minji.token, made["secret"], revoked["secret"], self.server.token, self.alice.token, unknown,
                "jk_not-even-shaped-like-one"]

    def dump(self):
        """The whole private database as SQL text."""
        with open(os.path.join(self.server.data, "postgresql", "postmaster.pid")) as f:
            lines = f.read().splitlines()
        bin_dir = Cluster.programs()
        return subprocess.run([os.path.join(bin_dir, "pg_dump"), "-h", lines[4], "-p", lines[3], "-U", "jokbo", "jokbo"],
                              check=True, capture_output=True, timeout=60).stdout.decode(errors="replace")

    def files(self):
        """Everything that the server wrote, but for the configuration that is there to hold a token."""
        for folder, _, names in os.walk(self.server.data):
            for name in names:
                path = os.path.join(folder, name)
                if name != "client.config" and os.path.isfile(path):
                    with open(path, "rb") as f:
                        yield path, f.read()

    def absent(self, word, text, where):
        """Without the whole text in the failure, which assertNotIn would print."""
        self.assertFalse(word in text, "%r is in the %s" % (word, where))

    def test_nothing_leaks(self):
        secrets = self.do_everything()
        entries = [entry.decode() for entry in self.anyone.entries()]
        log, dump = self.server.log(), self.dump()
        self.assertTrue("level=debug" in log and "/jokbo.v1.Access/CreateToken" in log, "the log tells no calls")
        self.assertTrue(b"minji/m".hex() in dump and "2f6d" in dump, "the dump holds no entries")
        for secret in secrets:
            for where, text in (("server's log", log), ("database", dump), ("entries", "".join(entries))):
                self.absent(secret[3:], text, where)
            self.absent(secret[3:].encode().hex(), dump, "database as bytes")
            for path, data in self.files():
                self.absent(secret[3:].encode(), data, path)
        for word in PRIVATE:
            self.assertTrue(word in dump, "%s is kept nowhere" % word)  # beside the log, where it can be withdrawn
            self.absent(word, log, "server's log")
        for entry in entries:
            for word in PRIVATE + ["127.0.0.1", "@example", "account", "token", "local admin"]:
                self.absent(word, entry, "entry " + entry)
            self.assertRegex(entry.splitlines()[3], r"^actor (server|role (admin|registrar|evaluator)|(publisher|team) \S+)$")

    def test_client_config_is_private(self):
        path = os.path.join(self.server.data, "client.config")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(os.path.join(self.server.data, "log.key")).st_mode & 0o777, 0o600)

    def test_client_config_says_where_the_logs_files_are(self):
        """So `audit` and `export` need no URL, unless another server is asked than the file's."""
        env = {"JOKBO_CONFIG": os.path.join(self.server.data, "client.config")}
        done = self.server.jokbo("audit", "--verify-only", env=env)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with tempfile.TemporaryDirectory(prefix="jokbo-tables-") as folder:
            done = self.server.jokbo("export", "--csv", os.path.join(folder, "tables"), env=env)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("models.csv", os.listdir(os.path.join(folder, "tables")))
            for command in (["audit"], ["export", "--csv", os.path.join(folder, "other")]):
                done = self.server.jokbo(*command, "--server", "127.0.0.1:1", env=env)
                self.assertIn("where are the log's files?", done.stderr)
                self.assertEqual(done.returncode, 2)


class Access(Accounts, Tokens, Members, Names, Secrets, AccessCase):
    """All of them on one server."""


if __name__ == "__main__":
    unittest.main()
