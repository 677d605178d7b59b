"""Random steps of those who judge a registry, and of those who act on what is judged: who holds which organisation of a hub, external
models that are adopted and given up, rulings and their second evaluators, manifests that come, go and come back, disputes. For random
stories that go through a real server; what a step may not do it is refused, and the story counts that."""
import jokbo

ORGANISATIONS = ("huggingface.co/meta", "huggingface.co/Qwen", "models.example:8443/a%40b", "hub.example/one")
FILES = ({"a.safetensors": "a"}, {"a.safetensors": "a", "README.md": "b"}, {"b.gguf": "c"}, {"b.gguf": "c", "d.bin": "d"},
         {"x.gguf": "c", "y.bin": "d"}, {"a.safetensors": "f"}, {"LICENSE": "e"})
MANIFESTS = [jokbo.Manifest(files, ["layer.%d" % i] if i in (0, 5) else []) for i, files in enumerate(FILES)]
# Refusals that a random step may meet.
EXPECTED = {"TARGET_IS_BASE", "NO_NAMESPACE", "NOT_VERIFIED", "NOT_ADOPTED", "RULING_PENDING", "ALREADY_SO", "NOT_A_DERIVATIVE", "NOT_A_ROOT",
            "NO_CONTENT", "RELEASE_NOT_FOUND", "NOTHING_SHARED", "DISPUTE_OPEN", "DISPUTE_DECIDED", "NOT_CONCERNED", "BLOB_WITHDRAWN", "BLOB_NOT_FOUND",
            "ALREADY_ADOPTED", "CYCLE"}


class Judging:
    """Beside the story's own `client`, who is an admin and owns every publisher: another admin, who verifies them, two
    evaluators, a team, and somebody of no publisher. The story has `chance`, `models` (dicts with `name` and `content`), `bases`, `case()`, PUBLISHERS, EXTERNALS and TEAMS."""

    def begin_judging(self):
        self.eve, self.una = (self.somebody(name, ["evaluator"], scopes=["models", "roster"]) for name in ("eve", "una"))
        self.verifier = self.somebody("another admin", ["admin"], scopes=["accounts"])
        self.stranger = self.somebody("stranger")
        self.team_account = self.somebody("team", ["team"], self.TEAMS[0], ["models"])
        self.verified, self.namespaces, self.adopted = set(), {}, {}
        self.pending, self.disputes, self.withdrawn = [], [], set()
        for name in self.PUBLISHERS[::2]:
            self.verify(name)
        for organisation, name in zip(ORGANISATIONS, self.PUBLISHERS[::2]):
            self.set_namespace(organisation, name)

    def somebody(self, label, *arguments, **fields):
        return jokbo.person(self.client, label, *arguments, **fields)

    def close_judging(self):
        for client in (self.eve, self.una, self.verifier, self.stranger, self.team_account):
            client.close()

    # ---- publishers

    def verify(self, name):
        self.verifier.call("Registry.VerifyPublisher", name=name, evidence="domain", undo=name in self.verified)
        self.verified ^= {name}

    def step_verify(self):
        self.verify(self.chance.choice(self.PUBLISHERS))

    def set_namespace(self, organisation, name, end=False):
        client = self.chance.choice((self.eve, self.una))
        client.call("Registry.SetNamespace", publisher=name, organisation=organisation, evidence="letter", end=end)
        self.namespaces[organisation] = None if end else name

    def step_namespace(self):
        """Its end, or its beginning."""
        organisation = self.chance.choice(ORGANISATIONS)
        holder = self.namespaces.get(organisation)
        self.set_namespace(organisation.lower(), holder or self.chance.choice(self.PUBLISHERS), end=bool(holder))
        self.namespaces[organisation] = self.namespaces.pop(organisation.lower())

    # ---- adoptions

    def holder_of(self, external):
        return self.namespaces.get("/".join(external.split("/")[:2]))

    def of_publisher(self, name):
        return [model for model in self.models if model["name"].split("/")[0].lower() == (name or "").lower()]

    def step_adopt(self):
        """By the publisher where it holds the namespace, else mostly by an evaluator."""
        external = self.chance.choice(self.EXTERNALS)
        own = self.of_publisher(self.holder_of(external))
        model = self.chance.choice(own if own and self.chance.random() < 0.7 else self.models)
        self.bind("Adopt", external, model, model in own or self.chance.random() < 0.2)

    def step_unadopt(self):
        external = self.chance.choice(sorted(self.adopted) or self.EXTERNALS)
        model = self.adopted.get(external) or self.chance.choice(self.models)
        self.bind("Unadopt", external, model, model in self.of_publisher(self.holder_of(external)))

    def bind(self, what, external, model, as_publisher):
        client = self.client if as_publisher else self.chance.choice((self.eve, self.una))
        reply = client.call("Registry.%sExternalModel" % what, external=external, model=self.case(model["name"]),
                            reason="" if as_publisher else "its maker's page")
        if as_publisher:
            self.bound(what, external, model)
        else:
            self.pending.append((reply["ruling"], client, lambda: self.bound(what, external, model)))

    def bound(self, what, external, model):
        self.adopted.pop(external, None)
        if what == "Adopt":
            self.adopted[external] = model

    # ---- rulings

    def step_rule(self):
        """On the whole or for a root; whether it was excluded before is left to chance."""
        client, fields = self.chance.choice((self.eve, self.una)), {}
        if self.chance.random() < 0.5:
            fields["root"] = self.case(self.chance.choice(sorted(self.bases)))
        made = client.call("Stages.Rule", model=self.case(self.chance.choice(self.models)["name"]), reason="spam",
                           restore=self.chance.random() < 0.3, **fields)
        self.pending.append((made["log_index"], client, None))

    def step_origin(self):
        client, model = self.chance.choice((self.eve, self.una)), self.chance.choice(self.with_content())
        version = "@" + self.chance.choice(sorted(model["versions"])) if self.chance.random() < 0.5 else ""
        made = client.call("Stages.Rule", kind="RULING_KIND_ORIGIN", model=model["name"] + version, reason="trained there")
        self.pending.append((made["log_index"], client, None))

    def step_decide(self):
        """Of a ruling that waits; one that can take effect no more is rejected."""
        if not self.pending:
            return
        index, first, follows = self.pending.pop(self.chance.randrange(len(self.pending)))
        second, confirm = self.una if first is self.eve else self.eve, self.chance.random() < 0.8
        try:
            second.call("Stages.DecideRuling", ruling=index, confirm=confirm)
        except jokbo.Failure:
            second.call("Stages.DecideRuling", ruling=index, confirm=False)
            raise
        if confirm and follows:
            follows()

    # ---- content

    def content(self):
        """What a release names: a manifest with what it says, or with something else; or weights alone."""
        manifest, what = self.chance.choice(MANIFESTS), self.chance.random()
        named = manifest.named if what < 0.4 else {"artifact_sha256": manifest.digest} if what < 0.5 else {}
        return dict(named, **{} if what < 0.4 else {"weights_sha256": self.chance.choice(("", "", manifest.weights or ""))})

    def with_content(self):
        return [model for model in self.models if model.get("content")] or self.models

    def step_upload(self):
        self.chance.choice(MANIFESTS).upload(self.chance.choice((self.client, self.stranger)))

    def step_withdraw(self):
        """Takes a manifest away, or lifts that, so that it may come back."""
        digest = self.chance.choice(MANIFESTS).digest
        wish = {"lift": True} if digest in self.withdrawn else {"reason": "a mistake"}
        self.client.call("Registry.WithdrawBlob", sha256=digest, **wish)
        self.withdrawn ^= {digest}

    # ---- disputes

    def step_dispute(self):
        what = self.chance.choice(("STANDING", "ORIGIN", "ORIGIN", "ADOPTION", "ADOPTION"))
        client = self.client if what == "ORIGIN" else self.chance.choice((self.client, self.client, self.team_account))
        model, fields = self.chance.choice(self.with_content()), {}
        if what == "ORIGIN":
            fields["against"] = self.chance.choice(self.equals_of(model) or self.models)["name"]
        if what == "ADOPTION":
            fields["external"] = self.chance.choice(sorted(self.adopted) or self.EXTERNALS)
            model = self.adopted.get(fields["external"]) or model
        opened = client.call("Stages.OpenDispute", subject="DISPUTE_SUBJECT_" + what, model=model["name"], text="not so", **fields)
        self.disputes.append(opened["log_index"])

    def equals_of(self, model):
        own = set(model.get("content", ()))
        return [other for other in self.with_content() if other is not model and own & set(other.get("content", ()))]

    def step_resolve(self):
        if self.disputes:
            self.eve.call("Stages.ResolveDispute", dispute=self.disputes.pop(self.chance.randrange(len(self.disputes))),
                          outcome="DISPUTE_OUTCOME_UPHELD", text="so it is")

    JUDGING_STEPS = (("verify", 3), ("namespace", 3), ("adopt", 6), ("unadopt", 3), ("rule", 6), ("origin", 4), ("decide", 14), ("upload", 4),
                     ("withdraw", 2), ("dispute", 6), ("resolve", 3))
