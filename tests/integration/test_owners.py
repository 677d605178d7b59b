"""A publisher's verification stands with those who owned it when it was given, and publishers count against whoever made them:
what one account gains by handing over, letting in, leaving, or being switched off."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from jokbo import Case, Client, Shared, accepted, derivative, joined, new_id, person  # noqa: E402

BASE = "skt/A.X-K1"
WRITER, OWNER, NO_ROLE = "MEMBER_ROLE_WRITER", "MEMBER_ROLE_OWNER", "MEMBER_ROLE_UNSPECIFIED"
CREATE, CLAIM, FOR_OWNER = ("PUBLISHER_REQUEST_KIND_" + kind for kind in ("CREATE", "CLAIM", "OWNER"))
STATE = "FAILED_PRECONDITION"
QUOTA = 3


class Owners(Shared):
    made = 0

    def person(self, *roles, scopes=("models", "publishers")):
        client = person(self.admin, "somebody", roles, scopes=scopes)
        self.addCleanup(client.close)
        return client

    def registrar(self):
        return self.person("registrar", scopes=("publishers", "accounts"))

    def publisher(self, owner=None, verified=True):
        """A name of its own, and its owner."""
        Owners.made += 1
        name, owner = "Maker-%d" % Owners.made, owner or self.person()
        owner.call("Registry.CreatePublisher", name=name)
        if verified:
            self.verify(name)
        return name, owner

    def verify(self, name, **fields):
        """About whoever owns it now, unless `owners` names others."""
        owners = [] if "undo" in fields else [account for account, role in self.members(name).items() if role == OWNER]
        return self.admin.call("Registry.VerifyPublisher", **{"name": name, "evidence": "domain", "owners": owners, **fields})

    def set(self, client, name, account, role=OWNER):
        return joined(self.admin, name, getattr(account, "account", account), role, by=client)

    def remove(self, client, name, account):
        return client.call("Access.RemoveMember", publisher=name, account=account.account)

    def disable(self, account, disabled=True, **fields):
        found = next(a for a in self.admin.call("Access.ListAccounts", page_size=1000)["accounts"]
                     if int(a["id"]) == account.account)
        return self.admin.call("Access.UpdateAccount", account=dict(found, disabled=disabled), **fields)

    def ask(self, client, name, account, **fields):
        return client.call("Access.RequestPublisher", kind=FOR_OWNER, publisher=name, evidence="our new colleague",
                           **dict({"owner": account.account}, **fields))

    def approve(self, client, request, approve=True, **fields):
        return client.call("Access.DecidePublisherRequest", id=request["id"], approve=approve, **fields)

    def confirmed(self, name, owner):
        """A further owner by a registrar's word."""
        another = self.person()
        self.approve(self.registrar(), self.ask(owner, name, another))
        accepted(self.admin, name, another.account)
        return another

    def verified(self, name):
        return self.anyone.call("Registry.GetPublisher", name=name)["verified"]

    def members(self, name):
        listed = self.admin.call("Access.ListMembers", publisher=name)["members"]
        return {int(member["account"]): member["role"] for member in listed}

    def ends(self, name, why, change):
        """The change ends the verification, by one entry of the server that says why. Gives the change's reply."""
        self.assertTrue(self.verified(name))
        before = self.size()
        reply = change()
        self.assertFalse(self.verified(name))
        self.assertEqual(self.size(), before + 1)
        lines = self.anyone.entries(before, before + 1)[0].decode().splitlines()
        self.assertEqual([line for line in lines[1:] if not line.startswith("time ")],
                         ["kind unverify", "actor server", "publisher " + name, "evidence " + why, "text none"])
        return reply

    def stays(self, name, change):
        before = self.size()
        reply = change()
        self.assertTrue(self.verified(name))
        self.assertEqual(self.size(), before)
        self.assertEqual(reply.get("notice", ""), "")
        return reply


class Verification(Owners):
    def test_an_owner_lets_another_in(self):
        name, owner = self.publisher()
        friend = self.person()
        reply = self.ends(name, "owner-added", lambda: self.set(owner, name.lower(), friend))
        self.assertIn("ended the publisher's verification", reply["notice"])
        self.assertIn(str(self.size() - 1), reply["notice"])
        self.assertEqual(self.members(name), {owner.account: OWNER, friend.account: OWNER})

    def test_a_writer_is_no_owner_until_made_one(self):
        name, owner = self.publisher()
        friend = self.person()
        self.stays(name, lambda: self.set(owner, name, friend, WRITER))
        self.stays(name, lambda: self.remove(owner, name, friend))
        self.stays(name, lambda: self.set(owner, name, friend, WRITER))
        self.ends(name, "owner-added", lambda: self.set(owner, name, friend, OWNER))

    def test_an_admin_gives_it_to_another(self):
        name, _ = self.publisher()
        self.ends(name, "transferred", lambda: self.set(self.admin, name, self.person()))

    def test_what_changes_nothing_ends_nothing(self):
        name, owner = self.publisher()
        before = self.admin.call("Access.ListMembers", publisher=name)["members"]
        self.stays(name, lambda: self.set(owner, name, owner))
        self.assertEqual(self.admin.call("Access.ListMembers", publisher=name)["members"], before)
        other, _ = self.publisher(owner, verified=False)
        self.set(owner, other, self.person())  # not verified: nothing to end
        self.assertTrue(self.verified(name))

    def test_the_last_who_stood_is_disabled(self):
        name, owner = self.publisher()
        second, _ = self.publisher(owner)
        other, _ = self.publisher(owner, verified=False)
        size = self.size()
        self.disable(owner, validate_only=True)
        self.assertEqual((self.size(), self.verified(name)), (size, True))
        reply = self.disable(owner)
        self.assertEqual(self.size(), size + 2)
        self.assertEqual([self.verified(n) for n in (name, second, other)], [False] * 3)
        for entry in self.anyone.entries(size, size + 2):
            self.assertIn(b"\nkind unverify\n", entry)
            self.assertIn(b"\nactor server\n", entry)
            self.assertIn(b"\nevidence owner-left\n", entry)
        self.assertIn(name, reply["notice"])
        self.assertIn(second, reply["notice"])
        self.assertEqual(self.disable(owner, False)["notice"], "")
        self.assertFalse(self.verified(name), "an account that works again brings no verification back")
        self.assertEqual(self.disable(owner)["notice"], "")

    def test_others_who_stood_hold_it(self):
        """Two own it when it is verified: either may go, and only both end it."""
        name, first = self.publisher(verified=False)
        second = self.person()
        self.set(first, name, second)
        self.verify(name)
        self.stays(name, lambda: self.disable(first))
        self.stays(name, lambda: self.disable(first, False))
        self.stays(name, lambda: self.remove(second, name, first))
        self.ends(name, "owner-added", lambda: self.set(second, name, first))  # who left is a stranger

    def test_nobody_who_can_act_is_left(self):
        name, first = self.publisher(verified=False)
        second = self.person()
        self.set(first, name, second)
        self.verify(name)
        self.stays(name, lambda: self.disable(second))
        self.ends(name, "owner-left", lambda: self.remove(first, name, first))

    def test_lowered_to_writer(self):
        name, first = self.publisher(verified=False)
        second = self.person()
        self.set(first, name, second)
        self.verify(name)
        self.disable(second)
        self.ends(name, "owner-left", lambda: self.set(first, name, first, WRITER))

    def test_a_claim_is_other_hands(self):
        registrar, claimant = self.person("registrar"), self.person()
        name = "quiet-%d" % self.size()
        registrar.call("Registry.CreatePublisher", name=name, on_behalf=True)
        self.verify(name)
        request = claimant.call("Access.RequestPublisher", kind=CLAIM, publisher=name, evidence="ours")
        before = self.size()
        reply = self.approve(self.admin, request, evidence="domain")
        kinds = [entry.decode().splitlines()[1] for entry in self.anyone.entries(before, self.size())]
        self.assertEqual(kinds, ["kind claim", "kind unverify"])
        self.assertIn(b"\nevidence transferred\n", self.anyone.entries(before + 1, before + 2)[0])
        self.assertIn("ended", reply["notice"])
        self.assertFalse(self.verified(name))
        self.verify(name)
        self.stays(name, lambda: self.set(claimant, name, self.person(), WRITER))  # now its owner stands

    def test_verified_anew_all_owners_stand(self):
        name, owner = self.publisher()
        friend = self.person()
        self.ends(name, "owner-added", lambda: self.set(owner, name, friend))
        self.verify(name)
        self.stays(name, lambda: self.remove(friend, name, owner))
        self.verify(name, undo=True)
        self.verify(name)
        self.ends(name, "owner-left", lambda: self.disable(friend))

    def test_it_is_about_those_whom_the_admin_looked_at(self):
        """Who joins between the look and the word is not verified with the others, and neither is who stayed."""
        name, owner = self.publisher(verified=False)
        buyer, other = self.person(), self.person()
        looked_at = [owner.account]
        self.set(owner, name, buyer)
        call = dict(method="Registry.VerifyPublisher", name=name, evidence="domain")
        method = call.pop("method")
        for owners in (looked_at, [buyer.account], looked_at + [buyer.account, other.account], [other.account], []):
            size = self.size()
            failure = self.refused(STATE, "OWNERS_DIFFER", method, self.admin, owners=owners, **call)
            self.assertIn("owned by accounts %d (somebody) and %d (somebody)" % (owner.account, buyer.account), failure.message)
            self.assertIn("publisher verify %s --owner" % name, failure.message)
            self.assertEqual(self.size(), size)
        self.remove(owner, name, owner)  # sold: one owner again, but another one
        failure = self.refused(STATE, "OWNERS_DIFFER", method, self.admin, owners=looked_at, **call)
        self.assertIn("owned by account %d (somebody), not by those named" % buyer.account, failure.message)
        self.assertFalse(self.verified(name))
        for dry in (True, False):
            reply = self.admin.call(method, owners=[buyer.account], validate_only=dry, **call)
            self.assertEqual(reply["notice"], "The verification is about account %d (somebody)" % buyer.account)
        self.ends(name, "owner-left", lambda: self.disable(buyer))

    def test_all_who_are_named_stand(self):
        name, owner = self.publisher(verified=False)
        friend, writer = self.person(), self.person()
        self.set(owner, name, friend)
        self.set(owner, name, writer, WRITER)
        reply = self.verify(name, owners=[friend.account, owner.account])
        self.assertIn("accounts %d (somebody) and %d (somebody)" % (owner.account, friend.account), reply["notice"])
        self.stays(name, lambda: self.remove(owner, name, owner))
        self.ends(name, "owner-added", lambda: self.set(friend, name, writer))

    def test_an_invitation_accepted_after_the_look(self):
        name, owner = self.publisher(verified=False)
        buyer = self.person()
        owner.call("Access.SetMember", publisher=name, account=buyer.account, role=OWNER)
        self.verify(name, owners=[owner.account])  # an invitation owns nothing yet
        self.ends(name, "owner-added", lambda: accepted(self.admin, name, buyer.account))

    def test_wrong_owners(self):
        name, owner = self.publisher(verified=False)
        call = dict(name=name, evidence="domain")
        for owners in ([0], [-1], [owner.account] * 2, list(range(1, 1002))):
            self.wrong(["owners"], "Registry.VerifyPublisher", self.admin, owners=owners, **call)
        self.verify(name)
        self.wrong(["owners"], "Registry.VerifyPublisher", self.admin, owners=[owner.account], undo=True, **call)

    def test_by_the_command(self):
        name, owner = self.publisher(verified=False)
        buyer = self.person()
        self.set(owner, name, buyer)

        def run(*options):
            return self.server.jokbo("publisher", "verify", name, "--evidence", "domain", *options, token=self.server.token)

        done = run("--owner", str(owner.account))
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn("not by those named", done.stderr)
        done = run("--owner", "somebody")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("must be the number of an account", done.stderr)
        done = run("--owner", str(owner.account), "--owner", str(buyer.account))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("The verification is about accounts %d (somebody) and %d (somebody)" % (owner.account, buyer.account), done.stdout)

    def test_a_model_given_to_a_verified_publisher(self):
        """It takes a member of both; a stranger cannot borrow a verified name for what he made."""
        name, owner = self.publisher()
        stranger = self.person()
        theirs, _ = self.publisher(stranger, verified=False)
        self.register(theirs + "/m", BASE, client=stranger)
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.TransferModel", stranger, name=theirs + "/m",
                     new_name=name + "/m")
        self.refused("PERMISSION_DENIED", "NOT_A_MEMBER", "Registry.TransferModel", owner, name=theirs + "/m",
                     new_name=name + "/m")


class ARegistrarsWord(Owners):
    def test_it_stays_verified(self):
        name, owner = self.publisher()
        another, registrar = self.person(), self.registrar()
        request = self.stays(name, lambda: self.ask(owner, name.upper(), another))
        self.assertEqual((request["kind"], int(request["owner"]), int(request["account"])),
                         (FOR_OWNER, another.account, owner.account))
        self.assertEqual(self.members(name), {owner.account: OWNER})
        listed = registrar.call("Access.ListPublisherRequests", pending=True, page_size=1000)["requests"]
        self.assertIn(request, listed)
        self.assertEqual({one["kind"] for one in listed}, {FOR_OWNER}, "a registrar sees what he may decide")
        done = self.stays(name, lambda: self.approve(registrar, request, request_id=new_id()))
        self.assertEqual(done["state"], "PUBLISHER_REQUEST_STATE_APPROVED")
        self.assertEqual(self.members(name), {owner.account: OWNER, another.account: NO_ROLE}, "it is asked, too")
        joins = self.stays(name, lambda: another.call("Access.AcceptMembership", publisher=name))
        self.assertEqual((joins["role"], joins["notice"]), (OWNER, ""))
        self.assertEqual(self.members(name), {owner.account: OWNER, another.account: OWNER})
        self.stays(name, lambda: self.remove(another, name, owner))  # the new one stands
        self.ends(name, "owner-left", lambda: self.disable(another))

    def test_for_that_verification_only(self):
        """Once the publisher was verified anew without it, a registrar's word about the one before lets nobody in."""
        name, owner = self.publisher()
        another = self.person()
        self.approve(self.registrar(), self.ask(owner, name, another))
        self.verify(name, undo=True)
        self.verify(name)
        self.refused(STATE, "INVITATION_LAPSED", "Access.AcceptMembership", another, publisher=name)
        self.ends(name, "owner-added", lambda: self.set(owner, name, another))

    def test_an_admin_may_too(self):
        name, owner = self.publisher()
        writer = self.person()
        self.set(owner, name, writer, WRITER)
        self.stays(name, lambda: self.approve(self.admin, self.ask(owner, name, writer)))
        self.assertEqual(self.members(name)[writer.account], OWNER)

    def test_refused(self):
        name, owner = self.publisher()
        another, registrar = self.person(), self.registrar()
        request = self.ask(owner, name, another)
        self.stays(name, lambda: self.approve(registrar, request, False))
        self.assertEqual(self.members(name), {owner.account: OWNER})
        self.refused(STATE, "ALREADY_DECIDED", "Access.DecidePublisherRequest", registrar, id=request["id"], approve=True)

    def test_no_part_may_confirm(self):
        """Who asks, who is meant, and whoever made it, is or was a member: none of them is the registrar for it."""
        for who in ("asks", "meant", "writer", "left", "made"):
            with self.subTest(who=who):
                registrar = self.registrar()
                owner = registrar if who == "asks" else self.person()
                another = registrar if who == "meant" else self.person()
                name, _ = self.publisher(registrar if who == "made" else owner, verified=who != "made")
                if who in ("writer", "left"):
                    self.set(owner, name, registrar, WRITER)
                if who == "left":
                    self.remove(owner, name, registrar)
                if who == "made":
                    self.set(registrar, name, owner)
                    self.remove(owner, name, registrar)
                    self.verify(name)
                request = self.ask(owner, name, another)
                before = self.members(name)
                self.refused("PERMISSION_DENIED", "NOT_INDEPENDENT", "Access.DecidePublisherRequest", registrar,
                             id=request["id"], approve=True)
                self.assertEqual(self.members(name), before)
                self.stays(name, lambda: self.approve(self.registrar(), request))

    def test_registrars_decide_nothing_else(self):
        claimant, registrar = self.person(), self.registrar()
        request = claimant.call("Access.RequestPublisher", kind=CREATE, publisher="S-k-t", evidence="ours")
        for approve in (True, False):
            self.refused("PERMISSION_DENIED", "NOT_ADMIN", "Access.DecidePublisherRequest", registrar, id=request["id"],
                         approve=approve)
        self.approve(self.admin, request, False)
        developer = self.person(scopes=("publishers", "accounts"))
        self.refused("PERMISSION_DENIED", "ROLE_REQUIRED", "Access.DecidePublisherRequest", developer, id=request["id"])

    def test_what_cannot_be_asked(self):
        name, owner = self.publisher()
        plain, _ = self.publisher(owner, verified=False)
        another, stranger = self.person(), self.person()
        asks = dict(kind=FOR_OWNER, publisher=name, owner=another.account, evidence="x")
        for change, wrong in (({"owner": 0}, ["owner"]), ({"owner": -1}, ["owner"]), ({"kind": CLAIM}, ["owner"]),
                              ({"kind": 4, "owner": 0}, ["kind"]), ({"evidence": ""}, ["evidence"])):
            self.wrong(wrong, "Access.RequestPublisher", owner, **dict(asks, **change))
        for client, change, code, reason in (
                (stranger, {}, "PERMISSION_DENIED", "NOT_AN_OWNER"), (self.admin, {}, "PERMISSION_DENIED", "NOT_AN_OWNER"),
                (owner, {"publisher": plain}, STATE, "NOT_VERIFIED"),
                (owner, {"publisher": "nobody"}, "NOT_FOUND", "PUBLISHER_NOT_FOUND"),
                (owner, {"owner": 10 ** 7}, "NOT_FOUND", "ACCOUNT_NOT_FOUND"),
                (owner, {"owner": owner.account}, "ALREADY_EXISTS", "ALREADY_OWNER")):
            self.refused(code, reason, "Access.RequestPublisher", client, **dict(asks, **change))
        self.disable(stranger)
        self.refused("NOT_FOUND", "ACCOUNT_NOT_FOUND", "Access.RequestPublisher", owner,
                     **dict(asks, owner=stranger.account))
        self.ask(owner, name, another)
        self.refused("ALREADY_EXISTS", "REQUEST_PENDING", "Access.RequestPublisher", owner, **asks)
        self.ask(owner, name, self.person())  # another account is another request

    def test_what_changed_meanwhile(self):
        registrar = self.registrar()
        left, owner = self.publisher()
        self.confirmed(left, owner)
        by_leaver = self.ask(owner, left, self.person())
        self.remove(owner, left, owner)
        self.refused(STATE, "ASKER_LEFT", "Access.DecidePublisherRequest", registrar, id=by_leaver["id"], approve=True)
        self.assertTrue(self.verified(left))
        name, owner = self.publisher()
        another = self.person()
        request = self.ask(owner, name, another)
        self.verify(name, undo=True)
        self.refused(STATE, "NOT_VERIFIED", "Access.DecidePublisherRequest", registrar, id=request["id"], approve=True)
        self.verify(name)
        self.ends(name, "owner-added", lambda: self.set(owner, name, another))
        self.verify(name)
        self.refused("ALREADY_EXISTS", "ALREADY_OWNER", "Access.DecidePublisherRequest", registrar, id=request["id"],
                     approve=True)
        self.approve(registrar, request, False)

    def test_on_the_command_line(self):
        name, owner = self.publisher()
        another, registrar = self.person(), self.registrar()
        run = lambda client, *words: self.server.jokbo(*words, token=client.token)  # noqa: E731
        asked = run(owner, "publisher", "request-owner", name, str(another.account), "--evidence", "a colleague")
        self.assertRegex(asked.stdout, r"^Request \d+ for a further owner of %s \(account %d\): pending\.$" % (name, another.account))
        number = asked.stdout.split()[1].rstrip(",")
        self.assertIn("account %d" % another.account, run(registrar, "publisher", "requests").stdout)
        self.assertEqual(run(registrar, "publisher", "approve", number).returncode, 0)
        self.assertTrue(self.verified(name))
        third = self.person()
        self.assertIn("is invited to be an owner", run(owner, "publisher", "add-member", name, str(third.account), "--role", "owner").stdout)
        self.assertTrue(self.verified(name))
        self.assertIn("ended the publisher's verification", run(third, "publisher", "join", name).stdout)
        self.assertFalse(self.verified(name))


class Quota(Owners):
    """An account makes so many publishers, for ever."""

    def full(self, client):
        failure = self.refused("RESOURCE_EXHAUSTED", "PUBLISHERS_QUOTA", "Registry.CreatePublisher", client,
                               name="one-too-many-%d" % client.account)
        self.assertIn(str(QUOTA), failure.message)

    def test_handed_over_ones_count(self):
        maker, taker = self.person(), self.person()
        for _ in range(QUOTA):
            name, _ = self.publisher(maker, verified=False)
            self.set(maker, name, taker)
            self.remove(maker, name, maker)
        self.assertEqual(self.members(name), {taker.account: OWNER})
        self.full(maker)
        for _ in range(QUOTA):  # who was given some made none
            self.publisher(taker, verified=False)
        self.full(taker)

    def test_what_was_approved_counts(self):
        maker = self.person()
        request = maker.call("Access.RequestPublisher", kind=CREATE, publisher="L.G.A.I-EXAONE", evidence="ours")
        self.approve(self.admin, request)
        for _ in range(QUOTA - 1):
            self.publisher(maker, verified=False)
        self.full(maker)

    def test_refused_and_dry_ones_do_not(self):
        maker = self.person()
        maker.call("Registry.CreatePublisher", name="never-made", validate_only=True)
        self.refused("ALREADY_EXISTS", "NAME_TAKEN", "Registry.CreatePublisher", maker, name="alice")
        for _ in range(QUOTA):
            self.publisher(maker, verified=False)
        self.full(maker)

    def test_a_registrar_enters_others(self):
        registrar = self.person("registrar")
        for i in range(QUOTA + 1):
            registrar.call("Registry.CreatePublisher", name="for-others-%d-%d" % (registrar.account, i), on_behalf=True)
        for _ in range(QUOTA):
            self.publisher(registrar, verified=False)
        self.full(registrar)


class WhatIsNotKnown(Owners):
    """Private records that are gone, as after a recovery from the public log, or that an older version wrote."""

    def forget(self, statement):
        """With the server stopped in between, as whoever restores or upgrades does."""
        self.admin.call("Access.CreateAccount", label="so that what is forgotten is not the newest record")
        url = "host=%s/run port=5432 dbname=jokbo user=jokbo" % self.server.data
        subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement], check=True, timeout=60)
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        for client in (self.anyone, self.alice, self.bob, self.admin):
            client.close()
            client.__init__(self.server.address, client.token)

    def again(self, client):
        anew = Client(self.server.address, client.token)
        self.addCleanup(anew.close)
        anew.account = client.account
        return anew

    def test_who_stood(self):
        names, owners = zip(*[self.publisher() for _ in range(4)])
        kept, holder = self.publisher()
        self.forget("update record set value = value - 'stood' where key like 'member/%%' and key not like 'member/%s/%%'"
                    % kept.lower())
        owners = [self.again(owner) for owner in owners]
        asks = dict(kind=FOR_OWNER, publisher=names[0], owner=self.person().account, evidence="x")
        self.refused(STATE, "OWNERS_UNKNOWN", "Access.RequestPublisher", owners[0], **asks)
        self.ends(names[0], "owners-unknown", lambda: self.set(owners[0], names[0], self.person(), WRITER))
        self.ends(names[1], "owners-unknown", lambda: self.set(owners[1], names[1], self.person()))
        self.ends(names[2], "owners-unknown", lambda: self.disable(owners[2]))
        self.verify(names[3], undo=True)
        self.verify(names[3])
        self.stays(names[3], lambda: self.set(owners[3], names[3], self.person(), WRITER))
        self.stays(kept, lambda: self.set(self.again(holder), kept, self.person(), WRITER))

    def test_no_members_at_all(self):
        name, _ = self.publisher()
        self.forget("delete from record where key like 'member/%s/%%'" % name.lower())
        self.ends(name, "owners-unknown", lambda: self.set(self.admin, name, self.person()))

    def test_who_made_a_publisher(self):
        """What is not recorded counts for nobody; what is, outlives a restart."""
        maker = self.person()
        names = [self.publisher(maker, verified=False)[0] for _ in range(QUOTA)]
        self.forget("delete from record where key = 'creator/%s'" % names[0].lower())
        maker = self.again(maker)
        self.publisher(maker, verified=False)
        self.refused("RESOURCE_EXHAUSTED", "PUBLISHERS_QUOTA", "Registry.CreatePublisher", maker, name="past-it")


def setUpModule():
    Case.options = ("--publishers-per-account", str(QUOTA))
    Shared.open()


if __name__ == "__main__":
    unittest.main()
